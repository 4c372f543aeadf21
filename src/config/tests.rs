use std::path::Path;

use super::*;

fn mistakes(text: &str) -> Vec<(usize, String)> {
    match Config::parse(Path::new("vigil.toml"), text) {
        Err(ConfigError::Mistakes(mistakes)) => mistakes.into_iter().map(|m| (m.line, m.what)).collect(),
        other => panic!("expected mistakes, got {other:?}"),
    }
}

#[test]
fn the_shipped_file_says_the_defaults() {
    let shipped = Config::parse(Path::new("vigil.toml"), include_str!("../../config/vigil.toml")).unwrap();
    // The defaults that look whether their folders are there.
    assert_eq!(
        shipped,
        Config { decoder_dirs: vec!["devices".into()], care_dirs: vec!["care".into()], ..Config::default() }
    );
}

#[test]
fn every_mistake_is_reported_at_once_with_its_line_and_what_is_allowed() {
    let found = mistakes(
        "[listen]\ndevices = \"here\"\nport = 1\n\n[limits]\nconnections = 0\nmessage_bytes = \"big\"\n\n[people]\nfallback = []\n\n[wards]\n",
    );
    let lines: Vec<_> = found.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3, 6, 7, 10, 12]);
    let text = found.into_iter().map(|(_, what)| what).collect::<Vec<_>>().join("\n");
    for expected in [
        "listen.devices must be an address and a port",
        "listen.port is not a setting; allowed are: devices, people, web, operations",
        "limits.connections must be a whole number from 1 to 1000000",
        "limits.message_bytes must be a whole number",
        "people.fallback must be a list with at least one entry",
        "wards is not a setting; allowed are: listen, storage, pki, people, rules, decoders, care, channels, audit, limits, actors",
    ] {
        assert!(text.contains(expected), "{expected:?} is missing in\n{text}");
    }
}

#[test]
fn text_that_is_not_toml_is_reported_with_its_line() {
    let found = mistakes("[listen]\n\ndevices = \n");
    assert_eq!(found[0].0, 3);
}

#[test]
fn a_credit_beyond_the_overall_bound_is_a_mistake() {
    let found = mistakes("[limits]\nstream_credit = 100\nreadings_in_flight = 10\n");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, 3);
}

#[test]
fn a_table_that_is_no_table_is_a_mistake() {
    assert_eq!(mistakes("listen = 3\n")[0], (1, "listen must be a table: [listen]".to_owned()));
}

#[test]
fn relative_paths_start_at_the_folder_of_the_file() {
    let config = Config::parse(Path::new("/etc/vigil/vigil.toml"), "[pki]\nca = \"/ca.pem\"\n").unwrap();
    assert_eq!(config.storage.data_dir, Path::new("/etc/vigil/data"));
    assert_eq!(config.pki.ca, Path::new("/ca.pem"));
}

#[test]
fn a_printed_configuration_read_again_is_the_same() {
    let text = "[listen]\npeople = \"[::1]:9\"\n[storage]\ndata_dir = \"/a \\\"b\\\"\\\\c\"\njournal_file_mb = 3\n\
                [people]\nfallback = [\"a\", \"b\"]\n[decoders]\ndirs = [\"x\", \"/y\"]\n[care]\ndirs = [\"z\"]\n[channels]\nlink = \"https://v\"\n\
                smtp_url_file = \"s\"\nsmtp_from = \"v@h\"\n[limits]\nadmission_wait_ms = 0\n[rules]\nlate_hours = 5\n\
                [actors]\nidle_s = 7\nunclaimed_s = 7\n";
    for text in [text, "", include_str!("../../config/vigil.toml")] {
        let config = Config::parse(Path::new("/etc/vigil.toml"), text).unwrap();
        let again = Config::parse(Path::new("/elsewhere/vigil.toml"), &config.to_string());
        assert_eq!(again.unwrap_or_else(|error| panic!("{error}\n{config}")), config);
    }
}
