use std::os::unix::fs::PermissionsExt;

use super::*;

const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

#[test]
fn keys_are_for_their_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::create(dir.path(), "ward", NOW).unwrap();
    let issued = authority.issue_device("pump-1", NOW).unwrap();
    for key in [issued.key, dir.path().join("ca.key")] {
        assert_eq!(std::fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_pki_is_not_made_twice_in_one_folder() {
    let dir = tempfile::tempdir().unwrap();
    Authority::create(dir.path(), "ward", NOW).unwrap();
    assert!(matches!(Authority::create(dir.path(), "ward", NOW), Err(PkiError::Exists(_))));
    assert!(matches!(Authority::open(&dir.path().join("elsewhere")), Err(PkiError::Missing(_))));
}

#[test]
fn names_that_are_paths_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::create(dir.path(), "ward", NOW).unwrap();
    for name in ["", "../ca", "a/b", ".hidden", "a b"] {
        assert!(matches!(authority.issue_device(name, NOW), Err(PkiError::BadName { .. })), "{name:?}");
    }
}

#[test]
fn revocations_add_up_across_openings() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::create(dir.path(), "ward", NOW).unwrap();
    let first = authority.issue_device("a", NOW).unwrap();
    let second = authority.issue_gateway("b", NOW).unwrap();
    assert_eq!(serial_of(&first.certificate).unwrap(), first.serial);
    authority.revoke(&first.serial, NOW).unwrap();
    let authority = Authority::open(dir.path()).unwrap();
    authority.revoke(&second.serial, NOW).unwrap();
    authority.revoke(&second.serial, NOW).unwrap();
    let (revoked, number) = authority.read_crl().unwrap();
    let serials: Vec<_> = revoked.iter().map(|revoked| hex::encode(revoked.serial_number.to_bytes())).collect();
    assert_eq!(serials, [first.serial, second.serial]);
    assert_eq!(number, 4);
    assert!(matches!(authority.revoke("not hex", NOW), Err(PkiError::BadSerial)));
}
