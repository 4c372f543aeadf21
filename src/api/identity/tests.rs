use std::os::unix::fs::PermissionsExt;

use tonic::Code;

use super::*;
use crate::clinical::ids::PersonId;

const NOW: Timestamp = Timestamp(0);

fn id(name: &str) -> PersonId {
    PersonId::new(name).unwrap()
}

fn account(accounts: &mut Accounts, name: &str, role: &str) -> Token {
    accounts.add(NewAccount { name: id(name), roles: vec![role.parse().unwrap()] }).unwrap()
}

#[test]
fn a_token_names_its_person_and_no_other() {
    let mut accounts = Accounts::default();
    let lee = account(&mut accounts, "dr_lee_", "physician");
    let kim = account(&mut accounts, "kim", "nurse");
    assert_eq!(accounts.authenticate(lee.reveal()).unwrap().id, id("dr_lee_"));
    assert_eq!(accounts.authenticate(kim.reveal()).unwrap().roles, [Role::Nurse]);
    let secret = &kim.reveal()["vigil_kim_".len()..];
    for wrong in ["", "vigil_", "vigil_kim_", secret, &format!("vigil_dr_lee__{secret}"), &format!("{} ", kim.reveal())]
    {
        assert_eq!(accounts.authenticate(wrong), None, "{wrong:?}");
    }
}

#[test]
fn a_disabled_account_is_refused_and_its_name_stays_taken() {
    let mut accounts = Accounts::default();
    let token = account(&mut accounts, "kim", "nurse");
    accounts.disable(&id("kim")).unwrap();
    assert_eq!(accounts.authenticate(token.reveal()), None);
    assert_eq!(accounts.person(&id("kim")), None);
    let again = accounts.add(NewAccount { name: id("kim"), roles: vec![Role::Nurse] });
    assert!(matches!(again, Err(AccountError::Exists(_))));
}

#[test]
fn the_file_is_private_and_holds_no_token() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("accounts.toml");
    let mut accounts = Accounts::default();
    let token = account(&mut accounts, "kim", "physician:cardiology");
    accounts.save(&path).unwrap();
    assert_eq!(Accounts::load(&path).unwrap(), accounts);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains(&token.reveal()["vigil_kim_".len()..]));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(Accounts::load(&path), Err(AccountError::Open(_))));
}

#[test]
fn a_malformed_file_is_refused_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("accounts.toml");
    let hash = "0".repeat(64);
    for (text, expected) in [
        (
            "[[account]]\nname = \"a\"\nroles = [\"king\"]\n".to_owned() + &format!("token_sha256 = \"{hash}\"\n"),
            "a role is",
        ),
        ("\n\n[[account]]\nname = \"a\"\nrolls = []\n".to_owned(), "line 3: rolls is not known"),
        ("[[user]]\n".to_owned(), "user is not known"),
    ] {
        crate::pki::write_private(&path, &text).unwrap();
        let error = Accounts::load(&path).unwrap_err().to_string();
        assert!(error.contains(expected), "{expected:?} is missing in {error}");
    }
}

#[test]
fn only_a_bearer_token_authenticates() {
    let mut accounts = Accounts::default();
    let token = account(&mut accounts, "kim", "nurse");
    let with = |header: &str| {
        let mut metadata = MetadataMap::new();
        metadata.insert("authorization", header.parse().unwrap());
        authenticate(&accounts, &Sessions::default(), &metadata, NOW)
    };
    assert_eq!(with(&format!("Bearer {}", token.reveal())).unwrap().id, id("kim"));
    for header in [format!("Basic {}", token.reveal()), token.reveal().to_owned(), "Bearer".to_owned()] {
        assert_eq!(with(&header).unwrap_err().code(), Code::Unauthenticated);
    }
    let nothing = authenticate(&accounts, &Sessions::default(), &MetadataMap::new(), NOW);
    assert_eq!(nothing.unwrap_err().code(), Code::Unauthenticated);
}

#[test]
fn a_reload_takes_effect_only_if_the_file_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("accounts.toml");
    let mut accounts = Accounts::default();
    let token = account(&mut accounts, "kim", "nurse");
    accounts.save(&path).unwrap();
    let directory = Directory::open(&path).unwrap();
    let mut changes = directory.changes();
    crate::pki::write_private(&path, "[[account]]\n").unwrap();
    assert!(directory.reload().is_err());
    assert!(directory.now().authenticate(token.reveal()).is_some());
    assert!(!changes.has_changed().unwrap());
    accounts.disable(&id("kim")).unwrap();
    accounts.save(&path).unwrap();
    directory.reload().unwrap();
    assert!(directory.now().authenticate(token.reveal()).is_none());
    assert!(changes.has_changed().unwrap());
    changes.borrow_and_update();
}

#[test]
fn secrets_are_kept_as_hashes_and_survive_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("accounts.toml");
    let mut accounts = Accounts::default();
    account(&mut accounts, "kim", "nurse");
    let (kim, lee) = (id("kim"), id("lee"));
    accounts.set_password(&kim, SecretHash::of_password("correct horse battery").unwrap()).unwrap();
    accounts.set_pin(&kim, SecretHash::of_pin("271828").unwrap()).unwrap();
    accounts.save(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("$argon2id$") && !text.contains("correct horse") && !text.contains("271828"));
    let read = Accounts::load(&path).unwrap();
    assert_eq!(read, accounts);
    assert!(SecretHash::verify(read.password(&kim), "correct horse battery"));
    assert!(SecretHash::verify(read.pin(&kim), "271828") && !SecretHash::verify(read.password(&kim), "271828"));
    let missing = accounts.set_pin(&lee, SecretHash::of_pin("271828").unwrap());
    assert!(matches!(missing, Err(AccountError::Missing(_))));
    let broken = text.replace("$argon2id$", "$argon2i$");
    crate::pki::write_private(&path, &broken).unwrap();
    assert!(Accounts::load(&path).unwrap_err().to_string().contains("password_argon2id must be"));
}
