//! The settings in force as a configuration file: every one of them, also those that the file does not name.

use std::fmt::{self, Display, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{ChannelSettings, Config};

impl Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut page = Page::default();
        page.table("listen", |page| {
            page.text("devices", &self.listen.devices.to_string());
            page.text("people", &self.listen.people.to_string());
            page.text("web", &self.listen.web.to_string());
            page.text("operations", &self.listen.operations.to_string());
        });
        page.table("storage", |page| {
            page.path("data_dir", &self.storage.data_dir);
            page.path("keys_dir", &self.storage.keys_dir);
            page.number("journal_file_mb", self.storage.journal_file_bytes >> 20);
        });
        page.table("pki", |page| {
            page.text("site", &self.pki.site);
            page.path("ca", &self.pki.ca);
            page.path("crl", &self.pki.crl);
            page.path("certificate", &self.pki.certificate);
            page.path("key", &self.pki.key);
        });
        page.table("people", |page| {
            page.path("accounts", &self.people.accounts);
            page.list("fallback", &self.people.fallback);
        });
        page.table("rules", |page| {
            page.paths("dirs", &self.rules_dirs);
            page.number("late_hours", self.late.as_secs() / 3_600);
        });
        if !self.decoder_dirs.is_empty() {
            page.table("decoders", |page| page.paths("dirs", &self.decoder_dirs));
        }
        if !self.care_dirs.is_empty() {
            page.table("care", |page| page.paths("dirs", &self.care_dirs));
        }
        if self.channels != ChannelSettings::default() {
            page.table("channels", |page| self.channels.print(page));
        }
        page.table("limits", |page| self.limits.print(page));
        page.table("actors", |page| {
            page.number("idle_s", self.actors.idle.as_secs());
            page.number("unclaimed_s", self.actors.unclaimed.as_secs());
        });
        f.write_str(page.text.trim_start())
    }
}

impl super::Limits {
    fn print(&self, page: &mut Page) {
        page.number("connections", self.connections);
        page.millis("handshake_timeout_ms", self.handshake_timeout);
        page.number("message_bytes", self.message_bytes);
        page.number("streams_per_connection", self.streams_per_connection);
        page.number("stream_credit", self.stream_credit);
        page.number("readings_in_flight", self.readings_in_flight);
        page.number("bytes_in_flight", self.bytes_in_flight);
        page.millis("admission_wait_ms", self.admission_wait);
        page.number("device_rate", self.device_rate);
        page.number("device_burst", self.device_burst);
        page.millis("keepalive_ms", self.keepalive);
        page.millis("stalled_client_ms", self.stalled_client);
        page.millis("drain_ms", self.drain);
    }
}

impl ChannelSettings {
    /// What is there. Files are named; what is in them is not shown.
    fn print(&self, page: &mut Page) {
        let texts = [("link", &self.link), ("smtp_from", &self.smtp_from), ("vapid_subject", &self.vapid_subject)];
        for (key, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            page.text(key, text);
        }
        let files = [
            ("authorities", &self.authorities),
            ("webhook_secret_file", &self.webhook_secret_file),
            ("smtp_url_file", &self.smtp_url_file),
            ("vapid_key_file", &self.vapid_key_file),
        ];
        for (key, file) in files {
            if let Some(file) = file {
                page.path(key, file);
            }
        }
    }
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn table(&mut self, name: &str, fill: impl FnOnce(&mut Self)) {
        self.line(format_args!("\n[{name}]"));
        fill(self);
    }

    fn number(&mut self, key: &str, number: impl Display) {
        self.line(format_args!("{key} = {number}"));
    }

    fn millis(&mut self, key: &str, time: Duration) {
        self.number(key, time.as_millis());
    }

    fn text(&mut self, key: &str, text: &str) {
        self.line(format_args!("{key} = {}", quoted(text)));
    }

    fn path(&mut self, key: &str, path: &Path) {
        self.text(key, &path.to_string_lossy());
    }

    fn paths(&mut self, key: &str, paths: &[PathBuf]) {
        let texts: Vec<String> = paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        self.list(key, &texts);
    }

    fn list(&mut self, key: &str, texts: &[String]) {
        let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
        self.line(format_args!("{key} = [{}]", texts.join(", ")));
    }

    fn line(&mut self, line: fmt::Arguments<'_>) {
        let written = writeln!(self.text, "{line}");
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
    }
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}
