//! A copy of the key store, made beside whoever writes it.

use redb::{ReadTransaction, ReadableTable as _, TableDefinition};

use super::super::db::{Db, Failure, guarded};
use super::super::disk::{Access, Disk};
use super::super::error::OpenError;
use super::super::keys::{KeyCopyError, KeyError};
use super::super::wrapping::shred_others;
use super::{FILE, KeyStore, META, PATIENTS, UNNAMED, open_existing, options, read_meta};

type Rows = Vec<(String, Vec<u8>)>;

impl KeyStore {
    /// Copies key-encryption key and wrapped keys: first the one that wraps, then the file, which gets its name when it is
    /// whole; then older key-encryption keys are shredded.
    pub(in super::super) fn copy_to(&self, disk: &dyn Disk) -> Result<(), KeyCopyError> {
        self.expect_same_site(disk)?;
        let wrapping = self.shared.wrapping.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (version, meta, patients) = self.shared.with_db(|db| {
            let version = read_meta(db)?.map(|meta| meta.kek_version);
            let transaction = db.begin_read()?;
            Ok((version, rows(&transaction, META)?, rows(&transaction, PATIENTS)?))
        })?;
        if version != Some(wrapping.version) {
            let cause = "the key-encryption key was changed meanwhile: try again".to_owned();
            return Err(KeyError::Store { folder: self.shared.folder.clone(), cause }.into());
        }
        let fails = |error: std::io::Error| OpenError::from_io(disk.label(), &error);
        wrapping.keep(disk).map_err(fails)?;
        disk.remove(UNNAMED).map_err(fails)?;
        write(disk, &meta, &patients).map_err(|failure| failure.into_open(disk.label()))?;
        disk.rename(UNNAMED, FILE).map_err(fails)?;
        Ok(shred_others(disk, wrapping.version).map_err(fails)?)
    }

    /// Keys of another site are never replaced: with them a journal would be gone.
    fn expect_same_site(&self, disk: &dyn Disk) -> Result<(), OpenError> {
        let label = disk.label();
        let names = disk.names().map_err(|error| OpenError::from_io(&label, &error))?;
        if !names.iter().any(|name| name == FILE) {
            return Ok(());
        }
        let (db, site, _) = open_existing(disk, Access::Read, &format!("{label}/{FILE}"))?;
        drop(db);
        if site == self.shared.site {
            return Ok(());
        }
        let what = "it holds the keys of another site: name another folder for the copy".to_owned();
        Err(OpenError::Damaged { place: label, what })
    }
}

fn rows(transaction: &ReadTransaction, table: TableDefinition<&str, &[u8]>) -> Result<Rows, Failure> {
    let table = match transaction.open_table(table) {
        Ok(table) => table,
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let row = |row: Result<(redb::AccessGuard<'_, &str>, redb::AccessGuard<'_, &[u8]>), redb::StorageError>| {
        let (key, value) = row?;
        Ok((key.value().to_owned(), value.value().to_vec()))
    };
    table.iter()?.map(row).collect()
}

fn write(disk: &dyn Disk, meta: &Rows, patients: &Rows) -> Result<(), Failure> {
    let db = Db::open(disk, UNNAMED, options(Access::Create))?;
    guarded(|| {
        let transaction = db.begin_write()?;
        for (definition, rows) in [(META, meta), (PATIENTS, patients)] {
            let mut table = transaction.open_table(definition)?;
            for (key, value) in rows {
                table.insert(key.as_str(), &value[..])?;
            }
        }
        transaction.commit()?;
        Ok(())
    })?;
    db.close()
}
