use std::os::unix::fs::PermissionsExt as _;

use crate::api::identity::Accounts;
use crate::cli::demo::site::{Site, care_team};
use crate::clinical::ids::PersonId;
use crate::config::Config;
use crate::time::Timestamp;

#[test]
fn a_site_has_everything_that_serve_needs_and_is_never_made_twice() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("demo");
    let now = Timestamp(1_800_000_000_000_000);
    let site = Site::prepare(&dir, now).unwrap();
    let config = Config::load(&site.dir.join("vigil.toml")).unwrap();
    for file in [&config.pki.ca, &config.pki.crl, &config.pki.certificate, &config.pki.key] {
        assert!(file.exists(), "{}", file.display());
    }
    assert!(config.rules_dirs.iter().all(|rules| rules.is_dir()), "{:?}", config.rules_dirs);
    let accounts = Accounts::load(&config.people.accounts).unwrap();
    for step in care_team().steps {
        for person in step.people {
            let token = std::fs::read_to_string(site.token_file(&person)).unwrap();
            assert_eq!(accounts.authenticate(token.trim()).map(|person| person.id), PersonId::new(&person).ok());
            let mode = std::fs::metadata(site.token_file(&person)).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{person}");
        }
    }
    for person in config.people.fallback {
        assert!(accounts.person(&PersonId::new(&person).unwrap()).is_some());
    }
    assert!(Site::prepare(&dir, now).is_err_and(|failure| failure.message.contains("choose another --dir")));
}
