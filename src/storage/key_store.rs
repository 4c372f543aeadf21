//! The stored keys: wrapped by a key-encryption key, in a folder outside the data and its backups.

mod copy;

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender};
use redb::{ReadableTable as _, TableDefinition};
use tokio::sync::oneshot;
use zeroize::{Zeroize as _, Zeroizing};

use super::db::{Db, DbOptions, Failure, guarded};
use super::disk::{Access, Disk};
use super::error::OpenError;
use super::keys::{DataKey, KeyError};
use super::wrapping::{Wrapping, kek_name, shred_others};
use crate::clinical::ids::PatientId;

const FILE: &str = "keys.redb";
/// Its name until it is whole.
const UNNAMED: &str = "keys.redb.new";
const FORMAT: u8 = 1;
const CACHE_BYTES: usize = 4 << 20;
/// How many keys one sync makes durable at most.
const BATCH_KEYS_MAX: usize = 10_000;

/// `format`, `kek` (version of the key-encryption key) and `site` (the site's key, wrapped).
const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
/// Patient id to wrapped key; empty once the key was destroyed.
const PATIENTS: TableDefinition<&str, &[u8]> = TableDefinition::new("patients");

struct Creation {
    patient: PatientId,
    reply: oneshot::Sender<Result<DataKey, KeyError>>,
}

enum Order {
    Create(Creation),
    /// A new key-encryption key; without one patient's key where one is named.
    Rekey(Option<PatientId>, oneshot::Sender<Result<u32, KeyError>>),
}

/// The open key store. A thread of its own makes new keys durable, many with one sync.
pub(super) struct KeyStore {
    shared: Arc<Shared>,
    orders: Mutex<Option<Sender<Order>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    folder: String,
    disk: Arc<dyn Disk>,
    site: DataKey,
    db: RwLock<Option<Db>>,
    wrapping: RwLock<Wrapping>,
}

impl KeyStore {
    /// Opens the store; with [`Access::Create`] it is made where there is none.
    pub(super) fn open(folder: Arc<dyn Disk>, access: Access) -> Result<Self, OpenError> {
        let disk = &*folder;
        let label = disk.label();
        let place = format!("{label}/{FILE}");
        let exists = disk.names().map_err(|error| OpenError::from_io(&label, &error))?.iter().any(|name| name == FILE);
        let (db, site, wrapping) = match (exists, access) {
            (true, _) => open_existing(disk, access, &place)?,
            (false, Access::Create) => create(disk, &place)?,
            (false, _) => return Err(OpenError::Damaged { place, what: "it does not exist".to_owned() }),
        };
        if access != Access::Read {
            shred_others(disk, wrapping.version).map_err(|error| OpenError::from_io(&label, &error))?;
        }
        let db = RwLock::new(Some(db));
        let shared =
            Arc::new(Shared { folder: label.clone(), disk: folder, site, db, wrapping: RwLock::new(wrapping) });
        let (orders, queue) = crossbeam_channel::unbounded();
        let thread = if access == Access::Read {
            None
        } else {
            let shared = Arc::clone(&shared);
            let run = move || serve(&shared, &queue);
            let spawned = std::thread::Builder::new().name("vigil-keys".to_owned()).spawn(run);
            Some(spawned.map_err(|error| OpenError::from_io(&label, &error))?)
        };
        Ok(Self { shared, orders: Mutex::new(Some(orders)), thread: Mutex::new(thread) })
    }

    pub(super) fn site(&self) -> &DataKey {
        &self.shared.site
    }

    pub(super) fn patient(&self, patient: &PatientId) -> Result<Option<DataKey>, KeyError> {
        // Held over both steps: a rotation between them would leave bytes of the old version with the new key.
        let wrapping = self.shared.wrapping.read().unwrap_or_else(PoisonError::into_inner);
        let wrapped = self.shared.with_db(|db| {
            let transaction = db.begin_read()?;
            let table = match transaction.open_table(PATIENTS) {
                Ok(table) => table,
                Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            Ok(table.get(patient.as_str())?.map(|value| value.value().to_vec()))
        })?;
        wrapped.map(|wrapped| self.shared.unwrap_patient(&wrapping, patient, &wrapped)).transpose()
    }

    pub(super) async fn create(&self, patient: &PatientId) -> Result<DataKey, KeyError> {
        let (reply, answer) = oneshot::channel();
        self.send(Order::Create(Creation { patient: patient.clone(), reply }))?;
        answer.await.unwrap_or(Err(KeyError::Closed))
    }

    /// Wraps all keys under a new key-encryption key and shreds the old one; the key of `without` goes with it. Returns
    /// the new version.
    pub(super) async fn rekey(&self, without: Option<&PatientId>) -> Result<u32, KeyError> {
        let (reply, answer) = oneshot::channel();
        self.send(Order::Rekey(without.cloned(), reply))?;
        answer.await.unwrap_or(Err(KeyError::Closed))
    }

    fn send(&self, order: Order) -> Result<(), KeyError> {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.as_ref().ok_or(KeyError::Closed)?.send(order).map_err(|_| KeyError::Closed)
    }

    /// Ends the thread and releases the file.
    pub(super) fn close(&self) {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A panic of that thread has been answered to whoever waited: they got `Closed`.
            let _ = thread.join();
        }
        let db = self.shared.db.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(failure)) = db.map(Db::close) {
            tracing::warn!(cause = failure.cause(), "close of the key store fails");
        }
    }
}

impl Drop for KeyStore {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn with_db<T>(&self, f: impl FnOnce(&Db) -> Result<T, Failure>) -> Result<T, KeyError> {
        let guard = self.db.read().unwrap_or_else(PoisonError::into_inner);
        let db = guard.as_ref().ok_or(KeyError::Closed)?;
        guarded(|| f(db)).map_err(|failure| KeyError::Store { folder: self.folder.clone(), cause: failure.cause() })
    }

    fn unwrap_patient(&self, wrapping: &Wrapping, patient: &PatientId, wrapped: &[u8]) -> Result<DataKey, KeyError> {
        if wrapped.is_empty() {
            return Err(KeyError::Destroyed);
        }
        let key = wrapping.unwrap(patient.as_str(), wrapped);
        key.ok_or_else(|| KeyError::Damaged { folder: self.folder.clone() })
    }

    /// Makes the keys durable in one commit; existing ones stay as they are.
    fn create_batch(&self, batch: &[Creation]) -> Result<HashMap<PatientId, Result<DataKey, KeyError>>, KeyError> {
        self.with_db(|db| {
            let transaction = db.begin_write()?;
            let mut made = HashMap::with_capacity(batch.len());
            {
                let mut table = transaction.open_table(PATIENTS)?;
                for Creation { patient, .. } in batch {
                    if made.contains_key(patient) {
                        continue;
                    }
                    let existing = table.get(patient.as_str())?.map(|value| value.value().to_vec());
                    // Only this thread changes it.
                    let wrapping = self.wrapping.read().unwrap_or_else(PoisonError::into_inner);
                    let key = if let Some(wrapped) = existing {
                        self.unwrap_patient(&wrapping, patient, &wrapped)
                    } else {
                        let key = DataKey::random();
                        table.insert(patient.as_str(), &wrapping.wrap(patient.as_str(), &key)[..])?;
                        Ok(key)
                    };
                    made.insert(patient.clone(), key);
                }
            }
            transaction.commit()?;
            Ok(made)
        })
    }
}

fn serve(shared: &Shared, queue: &Receiver<Order>) {
    let mut waiting = None;
    while let Some(order) = waiting.take().or_else(|| queue.recv().ok()) {
        match order {
            // Whoever asked may have gone; what was done stays done.
            Order::Rekey(without, reply) => drop(reply.send(shared.rekey(without.as_ref()))),
            Order::Create(first) => {
                let mut batch = vec![first];
                while batch.len() < BATCH_KEYS_MAX {
                    match queue.try_recv() {
                        Ok(Order::Create(creation)) => batch.push(creation),
                        Ok(order) => {
                            waiting = Some(order);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                create_all(shared, batch);
            }
        }
    }
}

fn create_all(shared: &Shared, batch: Vec<Creation>) {
    let made = shared.create_batch(&batch);
    for Creation { patient, reply } in batch {
        let answer = match &made {
            Ok(made) => made.get(&patient).cloned().unwrap_or(Err(KeyError::Closed)),
            Err(error) => Err(error.clone()),
        };
        // As above.
        let _ = reply.send(answer);
    }
}

impl Shared {
    /// A new key-encryption key, all keys rewrapped under it but that of `without`, the old one shredded. What old pages,
    /// files and backups still hold of that patient's key does not open any more.
    fn rekey(&self, without: Option<&PatientId>) -> Result<u32, KeyError> {
        let fails = |cause: String| KeyError::Store { folder: self.folder.clone(), cause };
        let mut wrapping = self.wrapping.write().unwrap_or_else(PoisonError::into_inner);
        let next = Wrapping { version: wrapping.version + 1, kek: DataKey::random() };
        next.keep(&*self.disk).map_err(|error| fails(error.to_string()))?;
        self.with_db(|db| self.rewrap(db, &wrapping, &next, without))?;
        *wrapping = next;
        shred_others(&*self.disk, wrapping.version).map_err(|error| fails(error.to_string()))?;
        Ok(wrapping.version)
    }

    fn rewrap(&self, db: &Db, old: &Wrapping, new: &Wrapping, destroyed: Option<&PatientId>) -> Result<(), Failure> {
        let transaction = db.begin_write()?;
        {
            let mut patients = transaction.open_table(PATIENTS)?;
            let mut rewrapped = Vec::new();
            for row in patients.iter()? {
                let (owner, wrapped) = row?;
                let (owner, wrapped) = (owner.value(), wrapped.value());
                if !wrapped.is_empty() && destroyed.is_none_or(|destroyed| owner != destroyed.as_str()) {
                    let damaged = || Failure::Damaged("a wrapped key does not open; no key was destroyed".to_owned());
                    let key = old.unwrap(owner, wrapped).ok_or_else(damaged)?;
                    rewrapped.push((owner.to_owned(), new.wrap(owner, &key)));
                }
            }
            for (owner, wrapped) in &rewrapped {
                patients.insert(owner.as_str(), &wrapped[..])?;
            }
            if let Some(destroyed) = destroyed {
                patients.insert(destroyed.as_str(), &[][..])?;
            }
            let mut meta = transaction.open_table(META)?;
            meta.insert("kek", &new.version.to_be_bytes()[..])?;
            meta.insert("site", &new.wrap("", &self.site)[..])?;
        }
        transaction.commit()?;
        Ok(())
    }
}

/// What the store says about itself.
struct Meta {
    format: u8,
    kek_version: u32,
    site: Vec<u8>,
}

impl Meta {
    fn unwrap(&self, disk: &dyn Disk, place: &str) -> Result<(DataKey, Wrapping), OpenError> {
        if self.format != FORMAT {
            let found = self.format.to_string();
            return Err(OpenError::Version { place: place.to_owned(), found, supported: FORMAT.into() });
        }
        let damaged = |what: &str| OpenError::Damaged { place: place.to_owned(), what: what.to_owned() };
        let name = kek_name(self.kek_version);
        let text = disk
            .read(&name)
            .map_err(|error| OpenError::from_io(format!("{}/{name}", disk.label()), &error))?
            .map(Zeroizing::new)
            .ok_or_else(|| damaged(&format!("its key-encryption key {name} is missing")))?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim_ascii(), &mut bytes)
            .map_err(|_| damaged(&format!("its key-encryption key {name} is not 64 hexadecimal digits")))?;
        let wrapping = Wrapping { version: self.kek_version, kek: DataKey::from_bytes(bytes) };
        bytes.zeroize();
        let site = wrapping
            .unwrap("", &self.site)
            .ok_or_else(|| damaged(&format!("the site key does not open under {name}")))?;
        Ok((site, wrapping))
    }
}

fn read_meta(db: &Db) -> Result<Option<Meta>, Failure> {
    let transaction = db.begin_read()?;
    let table = match transaction.open_table(META) {
        Ok(table) => table,
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let row = |name: &str| -> Result<Vec<u8>, Failure> {
        let value = table.get(name)?.ok_or_else(|| Failure::Damaged(format!("its row `{name}` is missing")))?;
        Ok(value.value().to_vec())
    };
    let version: [u8; 4] = row("kek")?.try_into().map_err(|_| Failure::Damaged("its row `kek` is damaged".into()))?;
    let format = row("format")?.first().copied().unwrap_or_default();
    Ok(Some(Meta { format, kek_version: u32::from_be_bytes(version), site: row("site")? }))
}

fn options(access: Access) -> DbOptions {
    DbOptions { access, cache_bytes: CACHE_BYTES, check: true, exclusive: false }
}

fn open_existing(disk: &dyn Disk, access: Access, place: &str) -> Result<(Db, DataKey, Wrapping), OpenError> {
    let access = if access == Access::Read { Access::Read } else { Access::Write };
    let fails = |failure: Failure| failure.into_open(place.to_owned());
    let db = Db::open(disk, FILE, options(access)).map_err(fails)?;
    let meta = guarded(|| read_meta(&db)).map_err(fails)?;
    let without = || OpenError::Damaged { place: place.to_owned(), what: "it holds no site key".to_owned() };
    let (site, wrapping) = meta.ok_or_else(without)?.unwrap(disk, place)?;
    Ok((db, site, wrapping))
}

/// Makes the key-encryption key and the site's key: first the one that wraps, so that a crash leaves nothing that does
/// not open; and the file gets its name when it is whole.
fn create(disk: &dyn Disk, place: &str) -> Result<(Db, DataKey, Wrapping), OpenError> {
    let io_fails = |error: io::Error| OpenError::from_io(place, &error);
    let fails = |failure: Failure| failure.into_open(place.to_owned());
    let wrapping = Wrapping { version: 1, kek: DataKey::random() };
    wrapping.keep(disk).map_err(io_fails)?;
    disk.remove(UNNAMED).map_err(io_fails)?;
    let site = DataKey::random();
    let db = Db::open(disk, UNNAMED, options(Access::Create)).map_err(fails)?;
    guarded(|| {
        let transaction = db.begin_write()?;
        {
            transaction.open_table(PATIENTS)?;
            let mut table = transaction.open_table(META)?;
            table.insert("format", &[FORMAT][..])?;
            table.insert("kek", &wrapping.version.to_be_bytes()[..])?;
            table.insert("site", &wrapping.wrap("", &site)[..])?;
        }
        transaction.commit()?;
        Ok(())
    })
    .map_err(fails)?;
    disk.rename(UNNAMED, FILE).map_err(io_fails)?;
    Ok((db, site, wrapping))
}
