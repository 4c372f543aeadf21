//! Facts about backups and what is restored from them, and a sweep over the places where making one is cut short.

use super::support::{Disks, START, Source, assert_opens, text, wait};
use crate::clinical::ids::PersonId;
use crate::clock::Clock;
use crate::storage::{
    Acceptance, BackedUp, BackupError, OpenError, RestoreError, Restored, SimDisk, SimFault, SimLoss, back_up, restore,
};

/// Appends so many records to one stream.
fn fill(disks: &Disks, records: u64) {
    let store = disks.open().unwrap();
    let mut source = Source::new(&store, "a");
    for _ in 0..records {
        let plaintext = text(&source.stream, source.next_sequence());
        source.append(&plaintext);
        wait(store.writer().barrier()).unwrap();
    }
    store.close();
}

/// The same keys, another disk for the data; a file after each commit.
fn beside(disks: &Disks, data: &SimDisk) -> Disks {
    Disks { data: data.clone(), keys: disks.keys.clone(), file_bytes_max: Some(1) }
}

fn backed_up(disks: &Disks, to: &SimDisk) -> Result<BackedUp, BackupError> {
    back_up(&disks.options(), &beside(disks, to).options(), START, &mut |_, _| {})
}

fn person(name: &str) -> PersonId {
    PersonId::new(name).unwrap()
}

fn accepted() -> Acceptance {
    Acceptance::new(person("ada"), person("lee"), "the disk died".to_owned()).unwrap()
}

fn restored(
    disks: &Disks,
    from: &SimDisk,
    to: &SimDisk,
    accepted: Option<&Acceptance>,
) -> Result<Restored, RestoreError> {
    let (from, to) = (beside(disks, from).options(), beside(disks, to).options());
    restore(&from, &to, accepted, &[], &Clock::starting_at(START), &mut |_, _| {})
}

/// Opens a restored journal and counts the records of the stream, each of which must open.
fn count(disks: &Disks, data: &SimDisk) -> u64 {
    let store = beside(disks, data).open().unwrap();
    let records = store.reader().tail(&super::support::device("a"), 0).unwrap();
    for record in &records {
        assert_opens(&store.keys(), record);
    }
    records.len() as u64
}

#[test]
fn a_backup_grows_by_what_is_new_and_is_what_is_restored() {
    let (disks, backup, new) = (Disks::default(), SimDisk::new(), SimDisk::new());
    fill(&disks, 7);
    let first = backed_up(&disks, &backup).unwrap();
    assert_eq!((first.verified.records, first.new_blocks), (7, 7));
    fill(&disks, 5);
    let second = backed_up(&disks, &backup).unwrap();
    assert_eq!((second.verified.records, second.new_blocks), (12, 5));
    assert_eq!(backed_up(&disks, &backup).unwrap().new_blocks, 0);
    fill(&disks, 3);
    let made = restored(&disks, &backup, &new, Some(&accepted())).unwrap();
    assert_eq!((made.declared.first_lost, made.declared.seen_until), (12, None));
    assert_eq!(made.declared.by, [person("ada"), person("lee")]);
    assert_eq!(count(&disks, &new), 12);
}

#[test]
fn a_restore_is_on_record_under_an_epoch_that_no_lost_writer_had() {
    let (disks, backup, new) = (Disks::default(), SimDisk::new(), SimDisk::new());
    fill(&disks, 2);
    backed_up(&disks, &backup).unwrap();
    for _ in 0..4 {
        fill(&disks, 1);
    }
    let made = restored(&disks, &backup, &new, Some(&accepted())).unwrap();
    assert!(made.declared.epoch > 6, "six writers had an epoch each");
    // Verified again, as a backup of the restored journal is: the declaration is read back from it.
    let again = backed_up(&beside(&disks, &new), &SimDisk::new()).unwrap();
    assert_eq!(again.verified.restores, [made.declared]);
}

#[test]
fn a_loss_that_nobody_accepted_is_named_and_changes_nothing() {
    let (disks, backup, new) = (Disks::default(), SimDisk::new(), SimDisk::new());
    fill(&disks, 4);
    backed_up(&disks, &backup).unwrap();
    let refused = restored(&disks, &backup, &new, None).unwrap_err();
    assert!(matches!(&refused, RestoreError::NotAccepted(loss) if loss.first_lost == 4), "{refused}");
    assert_eq!(new.calls(), 0);
    assert_eq!(Acceptance::new(person("ada"), person("ada"), String::new()), None, "one person is not two");
}

#[test]
fn nothing_runs_in_a_backup_and_no_restore_goes_into_a_folder_that_holds_something() {
    let (disks, backup) = (Disks::default(), SimDisk::new());
    fill(&disks, 2);
    backed_up(&disks, &backup).unwrap();
    assert!(matches!(beside(&disks, &backup).open(), Err(OpenError::Backup { .. })));
    let taken = restored(&disks, &backup, &disks.data, Some(&accepted())).unwrap_err();
    assert!(matches!(taken, RestoreError::Backup(BackupError::Foreign { .. })), "{taken}");
    let none = restored(&disks, &disks.data, &SimDisk::new(), Some(&accepted())).unwrap_err();
    assert!(matches!(none, RestoreError::NoBackup { .. }), "{none}");
}

#[test]
fn a_backup_of_another_journal_is_left_alone() {
    let (disks, backup) = (Disks::default(), SimDisk::new());
    fill(&disks, 5);
    backed_up(&disks, &backup).unwrap();
    let other = Disks { keys: disks.keys.clone(), ..Disks::default() };
    fill(&other, 2);
    let foreign = backed_up(&other, &backup).unwrap_err();
    assert!(matches!(&foreign, BackupError::Foreign { what, .. } if what.contains("another journal")), "{foreign}");
    assert_eq!(backed_up(&disks, &backup).unwrap().verified.records, 5, "it is as good as it was");
}

#[test]
fn a_journal_that_went_back_does_not_replace_a_newer_backup() {
    let (disks, backup) = (Disks::default(), SimDisk::new());
    fill(&disks, 2);
    let image = disks.data.copy();
    fill(&disks, 3);
    backed_up(&disks, &backup).unwrap();
    let went_back = Disks { data: image, ..disks.clone() };
    let parted = backed_up(&went_back, &backup).unwrap_err();
    assert!(matches!(&parted, BackupError::Parted { what, .. } if what.contains("position 5")), "{parted}");
    fill(&went_back, 4);
    let parted = backed_up(&went_back, &backup).unwrap_err();
    assert!(matches!(&parted, BackupError::Parted { what, .. } if what.contains("differ before")), "{parted}");
    assert_eq!(backed_up(&disks, &backup).unwrap().verified.records, 5);
}

#[test]
fn a_rotten_backup_is_found_before_anything_is_restored() {
    let (disks, backup) = (Disks::default(), SimDisk::new());
    fill(&disks, 6);
    backed_up(&disks, &backup).unwrap();
    let file = "journal-00000001.redb";
    let bytes = backup.bytes(file).unwrap();
    let mut found = 0;
    for at in (0..bytes.len()).step_by(bytes.len() / 40) {
        let rotten = backup.copy();
        let mut changed = bytes.clone();
        changed[at] ^= 0xff;
        rotten.set_bytes(file, changed);
        let new = SimDisk::new();
        if restored(&disks, &rotten, &new, Some(&accepted())).is_ok() {
            assert_eq!(count(&disks, &new), 6, "byte {at} is of no page in use");
        } else {
            found += 1;
            assert_eq!(new.calls(), 0, "byte {at}");
        }
    }
    assert!(found > 0, "some bytes of a file are in use");
}

fn stride(sampled: u64) -> usize {
    let full = std::env::var("VIGIL_SWEEP").is_ok_and(|value| value == "full");
    usize::try_from(if full { 1 } else { sampled }).unwrap()
}

const FAULTS: [SimFault; 5] =
    [SimFault::StopBefore, SimFault::StopAfter, SimFault::Torn, SimFault::Error, SimFault::Full];

#[test]
fn a_backup_that_is_cut_short_anywhere_is_finished_by_the_next_and_the_old_one_stays_good() {
    let (disks, old) = (Disks::default(), SimDisk::new());
    fill(&disks, 2);
    backed_up(&disks, &old).unwrap();
    fill(&disks, 3);
    let counted = old.copy();
    backed_up(&disks, &counted).unwrap();
    for (index, call) in (0..counted.calls()).step_by(stride(17)).enumerate() {
        let (fault, loss) = (FAULTS[index % FAULTS.len()], [SimLoss::All, SimLoss::Some(call)][index % 2]);
        let cut = old.copy();
        cut.fail_at(call, fault);
        let _ = backed_up(&disks, &cut);
        let after = cut.after_stop(loss);
        let what = format!("call {call}, {fault:?}, {loss:?}");
        let made = restored(&disks, &after.copy(), &SimDisk::new(), Some(&accepted()));
        let made = made.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!((2..=5).contains(&made.declared.first_lost), "{what}");
        let finished = backed_up(&disks, &after).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(finished.verified.records, 5, "{what}");
    }
}

#[test]
fn a_restore_that_is_cut_short_anywhere_opens_for_nobody_until_it_is_run_again() {
    let (disks, backup) = (Disks::default(), SimDisk::new());
    fill(&disks, 3);
    backed_up(&disks, &backup).unwrap();
    let counted = SimDisk::new();
    restored(&disks, &backup, &counted, Some(&accepted())).unwrap();
    for (index, call) in (0..counted.calls()).step_by(stride(17)).enumerate() {
        let (fault, loss) = (FAULTS[index % FAULTS.len()], [SimLoss::Nothing, SimLoss::All][index % 2]);
        let cut = SimDisk::new();
        cut.fail_at(call, fault);
        let made = restored(&disks, &backup, &cut, Some(&accepted()));
        let after = cut.after_stop(loss);
        let what = format!("call {call}, {fault:?}, {loss:?}");
        if made.is_err() {
            // It opens for the platform only if all of it is there, its declaration too.
            match beside(&disks, &after.copy()).open() {
                Ok(store) => assert!([0, 4].contains(&store.reader().next_position()), "{what}"),
                Err(error) => assert!(matches!(error, OpenError::Unfinished { .. }), "{what}: {error}"),
            }
        }
        let again = restored(&disks, &backup, &after, Some(&accepted()));
        let is_whole = matches!(again, Err(RestoreError::Backup(BackupError::Foreign { .. })));
        assert!(again.is_ok() || is_whole, "{what}: {again:?}");
        assert_eq!(count(&disks, &after), 3, "{what}");
    }
}
