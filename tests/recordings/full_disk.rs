//! A disk that fills up under a running server.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::turn;
use super::site::{Site, stop};

/// A small disk of its own.
struct Disk(PathBuf);

impl Disk {
    fn mount(folder: &Path) -> Option<Self> {
        fs::create_dir(folder).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=16m", "vigil-test"]).arg(folder).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(folder.to_owned()))
    }

    /// Takes all space that is left.
    fn fill(&self) {
        let mut ballast = File::create(self.0.join("ballast")).unwrap();
        while ballast.write_all(&[7; 4096]).is_ok() {}
        while ballast.write_all(&[7]).is_ok() {}
    }

    fn free(&self) {
        fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_nothing_is_receipted_and_with_space_it_goes_on() {
    let _turn = turn().await;
    let site = Site::new();
    let Some(disk) = Disk::mount(&site.path("data")) else {
        println!("skipped: a disk of its own cannot be mounted here");
        return;
    };
    let server = site.serve().await;
    let simulation = site.simulate(&["--patients", "10", "--rate", "20"]);
    site.until_stored(500).await;
    disk.fill();
    let said = server.end().await.expect(74);
    said.expect_said(&["full", "nothing that was receipted is lost"]);
    site.serve_in_vain("vigil.toml").await.expect(74).expect_said(&["full"]);
    disk.free();
    let server = site.serve().await;
    simulation.signal("INT");
    simulation.end().await.expect(0);
    stop(server).await;
    let counts = site.report().counts;
    assert_eq!((counts.missing, counts.lost), (0, 0));
    site.expect_sound().await;
}
