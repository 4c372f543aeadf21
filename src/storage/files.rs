//! The files of a journal: which there are, what each continues, and the change to the next one.
//!
//! A file gets its name only when its genesis is durable; it is appended to only when the one before it is sealed. So
//! each crash between two steps of a change leaves one of three pictures: a nameless new file (removed), a named one
//! without blocks beside an unsealed old one (the old one is sealed now), or the finished change.

use prost::Message as _;
use redb::{ReadableTable as _, TableDefinition};

use super::block::{Block, EncodedBlock, FORMAT, Hash};
use super::db::{Db, DbOptions, Failure, guarded};
use super::disk::{Access, Disk};
use super::error::OpenError;
use super::journal::JournalHead;
use crate::proto::{Genesis, Seal};

/// First position to hash and block.
pub(super) const BLOCKS: TableDefinition<u64, &[u8]> = TableDefinition::new("blocks");
/// `genesis`, `seal`, `epoch`.
const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");

const UNNAMED: &str = ".new";
const HASH_BYTES: usize = size_of::<Hash>();
/// For the file that is appended to: half of it for what a commit writes.
const ACTIVE_CACHE_BYTES: usize = 64 << 20;
/// For a sealed file: blocks that are read again are kept decoded elsewhere.
const SEALED_CACHE_BYTES: usize = 2 << 20;

fn active_options(access: Access) -> DbOptions {
    DbOptions { access, cache_bytes: ACTIVE_CACHE_BYTES, check: access == Access::Write, exclusive: false }
}

fn sealed_options(access: Access) -> DbOptions {
    DbOptions { access, cache_bytes: SEALED_CACHE_BYTES, check: access == Access::Write, exclusive: false }
}

/// The name of a file.
pub(super) fn file_name(number: u64) -> String {
    format!("journal-{number:08}.redb")
}

fn file_number(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("journal-")?.strip_suffix(".redb")?;
    if digits.len() >= 8 { digits.parse().ok() } else { None }
}

/// Whether the folder holds a journal.
pub(super) fn journal_exists(disk: &dyn Disk) -> Result<bool, OpenError> {
    let names = disk.names().map_err(|error| OpenError::from_io(disk.label(), &error))?;
    Ok(names.iter().any(|name| file_number(name).is_some()))
}

/// The file that is appended to.
pub(super) struct ActiveFile {
    pub(super) genesis: Genesis,
    pub(super) db: Db,
    pub(super) head: JournalHead,
    pub(super) epoch: u64,
    /// How large the file was when it was opened.
    pub(super) bytes: u64,
}

/// A file to which nothing is appended any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SealedFile {
    pub(super) number: u64,
    pub(super) first_position: u64,
    pub(super) next_position: u64,
}

/// All files as found, or made, at the opening.
pub(super) struct Found {
    pub(super) sealed: Vec<SealedFile>,
    pub(super) active: ActiveFile,
}

/// Opens the journal's files; makes the first one where there is none and `access` allows it. `first` says what its
/// genesis holds.
pub(super) fn open_all(disk: &dyn Disk, access: Access, first: &Genesis) -> Result<Found, OpenError> {
    let names = disk.names().map_err(|error| OpenError::from_io(disk.label(), &error))?;
    let mut numbers: Vec<u64> = names.iter().filter_map(|name| file_number(name)).collect();
    numbers.sort_unstable();
    if access != Access::Read {
        for name in names.iter().filter(|name| name.ends_with(UNNAMED) && name.starts_with("journal-")) {
            disk.remove(name).map_err(|error| OpenError::from_io(place(disk, name), &error))?;
        }
    }
    let Some((&last, before)) = numbers.split_last() else {
        if access != Access::Create {
            return Err(OpenError::Absent { folder: disk.label() });
        }
        let db = create(disk, first, 0)?;
        let head = JournalHead { next_position: first.first_position, hash: hash(&first.previous_hash) };
        return Ok(Found {
            sealed: Vec::new(),
            active: ActiveFile { genesis: first.clone(), db, head, epoch: 0, bytes: 0 },
        });
    };
    for (due, number) in (1..).zip(&numbers) {
        if due != *number {
            return Err(damaged(disk, due, "it is missing, but a later one is there"));
        }
    }
    let active = open_active(disk, last, if access == Access::Read { Access::Read } else { Access::Write })?;
    let sealed = open_sealed_ones(disk, access, before, &active)?;
    Ok(Found { sealed, active })
}

fn place(disk: &dyn Disk, name: &str) -> String {
    format!("{}/{name}", disk.label())
}

fn damaged(disk: &dyn Disk, number: u64, what: &str) -> OpenError {
    OpenError::Damaged { place: place(disk, &file_name(number)), what: what.to_owned() }
}

fn hash(bytes: &[u8]) -> Hash {
    bytes.try_into().unwrap_or_default()
}

fn open_active(disk: &dyn Disk, number: u64, access: Access) -> Result<ActiveFile, OpenError> {
    let at = || place(disk, &file_name(number));
    let fails = |error: std::io::Error| OpenError::from_io(at(), &error);
    let bytes = disk.open(&file_name(number), Access::Read).map_err(fails)?.len().map_err(fails)?;
    let db = Db::open(disk, &file_name(number), active_options(access)).map_err(|error| error.into_open(at()))?;
    let genesis = read_genesis(&db, number).map_err(|error| error.into_open(at()))?;
    if genesis.format != FORMAT {
        let found = genesis.format.to_string();
        return Err(OpenError::Version { place: at(), found, supported: FORMAT });
    }
    let (head, epoch) = guarded(|| {
        let epoch = read_meta(&db, "epoch")?.ok_or_else(|| Failure::Damaged("its epoch is missing".to_owned()))?;
        let epoch = epoch.try_into().map_err(|_| Failure::Damaged("its epoch is damaged".to_owned()))?;
        Ok((read_head(&db, &genesis)?, u64::from_be_bytes(epoch)))
    })
    .map_err(|error| error.into_open(at()))?;
    Ok(ActiveFile { genesis, db, head, epoch, bytes })
}

/// Checks that the older files follow each other up to the active one; finishes a change that a crash cut short.
fn open_sealed_ones(
    disk: &dyn Disk,
    access: Access,
    numbers: &[u64],
    active: &ActiveFile,
) -> Result<Vec<SealedFile>, OpenError> {
    let mut sealed = Vec::with_capacity(numbers.len());
    let mut due = JournalHead { next_position: 0, hash: Hash::default() };
    for &number in numbers {
        let at = || place(disk, &file_name(number));
        let is_newest = number == numbers.len() as u64;
        let db = open_sealed(disk, number, access).map_err(|error| error.into_open(at()))?;
        let genesis = read_genesis(&db, number).map_err(|error| error.into_open(at()))?;
        check_follows(disk, &genesis, &active.genesis, &due)?;
        let seal = guarded(|| read_seal(&db)).map_err(|error| error.into_open(at()))?;
        due = match seal {
            Some(seal) => JournalHead { next_position: seal.next_position, hash: hash(&seal.last_hash) },
            None if is_newest && active.head.next_position == active.genesis.first_position => {
                let head = guarded(|| read_head(&db, &genesis)).map_err(|error| error.into_open(at()))?;
                if access != Access::Read {
                    drop(db);
                    seal_again(disk, number, &head).map_err(|error| error.into_open(at()))?;
                }
                head
            }
            None => return Err(damaged(disk, number, "it is not sealed, but a later file is in use")),
        };
        sealed.push(SealedFile { number, first_position: genesis.first_position, next_position: due.next_position });
    }
    check_follows(disk, &active.genesis, &active.genesis, &due)?;
    Ok(sealed)
}

fn check_follows(disk: &dyn Disk, file: &Genesis, active: &Genesis, due: &JournalHead) -> Result<(), OpenError> {
    if file.journal_id != active.journal_id || file.shard != active.shard {
        return Err(damaged(disk, file.file_number, "it belongs to another journal"));
    }
    if file.first_position != due.next_position || hash(&file.previous_hash) != due.hash {
        return Err(damaged(disk, file.file_number, "it does not continue the file before it"));
    }
    Ok(())
}

/// Opens a sealed file for reading; one that a crash left unclosed is repaired first.
pub(super) fn open_sealed(disk: &dyn Disk, number: u64, access: Access) -> Result<Db, Failure> {
    let name = file_name(number);
    match Db::open(disk, &name, sealed_options(Access::Read)) {
        Err(Failure::Redb(redb::Error::RepairAborted)) if access != Access::Read => {
            Db::open(disk, &name, sealed_options(Access::Write))?.close()?;
            Db::open(disk, &name, sealed_options(Access::Read))
        }
        opened => opened,
    }
}

fn seal_again(disk: &dyn Disk, number: u64, head: &JournalHead) -> Result<(), Failure> {
    let db = Db::open(disk, &file_name(number), sealed_options(Access::Write))?;
    write_seal(&db, head)?;
    db.close()
}

/// Makes a file that continues the journal; it has its name once its genesis is durable.
pub(super) fn create(disk: &dyn Disk, genesis: &Genesis, epoch: u64) -> Result<Db, OpenError> {
    let name = file_name(genesis.file_number);
    let unnamed = format!("{name}{UNNAMED}");
    let db = Db::open(disk, &unnamed, active_options(Access::Create))
        .map_err(|error| error.into_open(place(disk, &unnamed)))?;
    guarded(|| {
        let transaction = db.begin_write()?;
        {
            transaction.open_table(BLOCKS)?;
            let mut meta = transaction.open_table(META)?;
            meta.insert("genesis", &genesis.encode_to_vec()[..])?;
            meta.insert("epoch", &epoch.to_be_bytes()[..])?;
        }
        transaction.commit()?;
        Ok(())
    })
    .map_err(|error| error.into_open(place(disk, &unnamed)))?;
    disk.rename(&unnamed, &name).map_err(|error| OpenError::from_io(place(disk, &name), &error))?;
    Ok(db)
}

/// Writes that nothing follows in this file.
pub(super) fn write_seal(db: &Db, head: &JournalHead) -> Result<(), Failure> {
    let seal = Seal { next_position: head.next_position, last_hash: head.hash.to_vec() };
    write_meta(db, "seal", &seal.encode_to_vec())
}

/// Writes the newest epoch.
pub(super) fn write_epoch(db: &Db, epoch: u64) -> Result<(), Failure> {
    write_meta(db, "epoch", &epoch.to_be_bytes())
}

fn write_meta(db: &Db, row: &str, value: &[u8]) -> Result<(), Failure> {
    guarded(|| {
        let transaction = db.begin_write()?;
        transaction.open_table(META)?.insert(row, value)?;
        transaction.commit()?;
        Ok(())
    })
}

fn read_meta(db: &Db, row: &str) -> Result<Option<Vec<u8>>, Failure> {
    let transaction = db.begin_read()?;
    let table = match transaction.open_table(META) {
        Ok(table) => table,
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    Ok(table.get(row)?.map(|value| value.value().to_vec()))
}

fn read_genesis(db: &Db, number: u64) -> Result<Genesis, Failure> {
    let wrong = |what: &str| Failure::Damaged(what.to_owned());
    let bytes = guarded(|| read_meta(db, "genesis"))?.ok_or_else(|| wrong("its genesis is missing"))?;
    let genesis = Genesis::decode(&bytes[..]).map_err(|_| wrong("its genesis is damaged"))?;
    if genesis.file_number != number {
        return Err(wrong("its genesis names another file"));
    }
    Ok(genesis)
}

fn read_seal(db: &Db) -> Result<Option<Seal>, Failure> {
    let wrong = |_| Failure::Damaged("its seal is damaged".to_owned());
    read_meta(db, "seal")?.map(|bytes| Seal::decode(&bytes[..]).map_err(wrong)).transpose()
}

/// Where an unsealed file ends: after its last block.
pub(super) fn read_head(db: &Db, genesis: &Genesis) -> Result<JournalHead, Failure> {
    let transaction = db.begin_read()?;
    let table = transaction.open_table(BLOCKS)?;
    let Some((key, value)) = table.last()? else {
        return Ok(JournalHead { next_position: genesis.first_position, hash: hash(&genesis.previous_hash) });
    };
    let wrong = |what: &str| Failure::Damaged(format!("its last block is damaged: {what}"));
    let block = decode_row(key.value(), value.value()).ok_or_else(|| wrong("it does not match its hash"))?;
    let parsed = Block::parse(&block).map_err(|error| wrong(error.0))?;
    Ok(JournalHead { next_position: parsed.next_position(), hash: block.hash })
}

/// A row's value: the block's hash, then the block.
pub(super) fn encode_row(block: &EncodedBlock, row: &mut Vec<u8>) {
    row.clear();
    row.extend_from_slice(&block.hash);
    row.extend_from_slice(&block.bytes);
}

/// A row as a block; `None` where it does not match its hash.
pub(super) fn decode_row(first_position: u64, value: &[u8]) -> Option<EncodedBlock> {
    let (hash, bytes) = value.split_at_checked(HASH_BYTES)?;
    if super::block::hash_of(bytes)[..] != *hash {
        return None;
    }
    Some(EncodedBlock { first_position, hash: hash.try_into().ok()?, bytes: bytes::Bytes::copy_from_slice(bytes) })
}
