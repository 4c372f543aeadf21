//! Configurations and recordings with mistakes.

use super::process::turn;
use super::site::Site;

#[tokio::test]
async fn a_bad_configuration_is_refused_with_every_mistake() {
    let _turn = turn().await;
    let site = Site::new();
    let text = "[listen]\ndevices = \"nowhere\"\n[limits]\nconnections = -1\nspeed = 3\n";
    std::fs::write(site.path("bad.toml"), text).unwrap();
    let said = site.serve_in_vain("bad.toml").await.expect(78);
    said.expect_said(&["bad.toml:2: ", "bad.toml:4: ", "bad.toml:5: "]);
}

#[tokio::test]
async fn a_bad_cell_is_named_by_file_line_and_column() {
    let _turn = turn().await;
    let site = Site::new();
    std::fs::write(site.path("bad.csv"), "time_s,spo2\n0,97\n1,9x\n").unwrap();
    let file = site.text("bad.csv");
    let place = format!("{file}:3: column spo2: ");
    let args = ["evaluate", "--rules", "config/rules/bedside", "--from", &file];
    site.run(&args).await.expect(65).expect_said(&[&place]);
    site.simulate(&["--from", &file]).end().await.expect(65).expect_said(&[&place]);
}
