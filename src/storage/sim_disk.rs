//! A disk in memory that can fail at any call and lose power, for tests and simulations.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{ConcurrencyMode, StorageBackend};

use super::disk::{Access, Disk};

/// What happens at a chosen call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SimFault {
    /// The machine stops before the call has any effect.
    StopBefore,
    /// The machine stops when the call has had its effect (unsynced where it is a write).
    StopAfter,
    /// The machine stops when half of a write has had its effect; as `StopBefore` elsewhere.
    Torn,
    /// The call fails, once; the machine goes on.
    Error,
    /// This call and all later writes and syncs fail for want of space.
    Full,
}

/// What becomes of writes that were not synced when the machine stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SimLoss {
    /// They survive: the process ended, not the machine.
    Nothing,
    /// All are gone.
    All,
    /// A subset that depends on the seed survives, in any order, each 512 bytes on their own.
    Some(u64),
}

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct SimDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<String, SimFile>,
    calls: u64,
    fault: Option<(u64, SimFault)>,
    stopped: bool,
    full: bool,
}

#[derive(Clone, Debug, Default)]
struct SimFile {
    /// Tells a file from a later one of the same name.
    serial: u64,
    name_is_durable: bool,
    current: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    SetLen(usize),
}

/// What a call is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    Read,
    Write,
}

/// Whether the effect of a call takes place, and what the call returns.
enum Verdict {
    Do,
    DoThenFail,
    DoHalfThenFail,
    Fail(io::Error),
}

impl SimDisk {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets `fault` happen at the call with number `call`, from 0.
    pub fn fail_at(&self, call: u64, fault: SimFault) {
        self.state().fault = Some((call, fault));
    }

    /// How many calls there were.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// Whether the machine has stopped.
    #[must_use]
    pub fn has_stopped(&self) -> bool {
        self.state().stopped
    }

    /// The disk as the next start finds it. The old one is dead from now on.
    #[must_use]
    pub fn after_stop(&self, loss: SimLoss) -> Self {
        let mut state = self.state();
        state.stopped = true;
        let keep_unnamed = |file: &SimFile| file.name_is_durable || loss == SimLoss::Nothing;
        let survivors = state.files.iter().filter(|(_, file)| keep_unnamed(file));
        let files = survivors.map(|(name, file)| (name.clone(), file.surviving(loss))).collect();
        let disk = Self::new();
        disk.state().files = files;
        disk
    }

    /// A copy of a file.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.state().files.get(name).map(|file| file.current.clone())
    }

    /// Another disk with the same content, all of it durable.
    #[must_use]
    pub fn copy(&self) -> Self {
        let disk = Self::new();
        let state = self.state();
        disk.state().files =
            state.files.iter().map(|(name, file)| (name.clone(), file.surviving(SimLoss::Nothing))).collect();
        disk
    }

    /// Replaces what a file holds, as rot or an intruder would.
    pub fn set_bytes(&self, name: &str, bytes: Vec<u8>) {
        let mut state = self.state();
        let file = SimFile::durable(state.next_serial(), bytes);
        state.files.insert(name.to_owned(), file);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change_names(&self, f: impl FnOnce(&mut State)) -> io::Result<()> {
        let mut state = self.state();
        match state.enter(Call::Write) {
            Verdict::Do => {
                f(&mut state);
                Ok(())
            }
            Verdict::DoThenFail => {
                f(&mut state);
                Err(stopped())
            }
            Verdict::DoHalfThenFail => Err(stopped()),
            Verdict::Fail(error) => Err(error),
        }
    }
}

fn stopped() -> io::Error {
    io::Error::other("the simulated machine has stopped")
}

impl State {
    fn next_serial(&self) -> u64 {
        self.files.values().map(|file| file.serial + 1).max().unwrap_or(0)
    }

    fn enter(&mut self, call: Call) -> Verdict {
        if self.stopped {
            return Verdict::Fail(stopped());
        }
        let number = self.calls;
        self.calls += 1;
        let fault = self.fault.filter(|(at, _)| *at == number).map(|(_, fault)| fault);
        self.full |= fault == Some(SimFault::Full);
        if self.full && call == Call::Write {
            return Verdict::Fail(io::ErrorKind::StorageFull.into());
        }
        self.stopped = matches!(fault, Some(SimFault::StopBefore | SimFault::StopAfter | SimFault::Torn));
        match fault {
            None | Some(SimFault::Full) => Verdict::Do,
            Some(SimFault::Error) => Verdict::Fail(io::Error::other("a simulated fault")),
            Some(SimFault::StopBefore) => Verdict::Fail(stopped()),
            Some(SimFault::StopAfter) => Verdict::DoThenFail,
            Some(SimFault::Torn) => Verdict::DoHalfThenFail,
        }
    }
}

impl SimFile {
    fn durable(serial: u64, bytes: Vec<u8>) -> Self {
        Self { serial, name_is_durable: true, current: bytes.clone(), durable: bytes, unsynced: Vec::new() }
    }

    fn apply(bytes: &mut Vec<u8>, change: &Change) {
        match change {
            Change::SetLen(len) => bytes.resize(*len, 0),
            Change::Write(offset, data) => {
                let end = offset + data.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[*offset..end].copy_from_slice(data);
            }
        }
    }

    fn change(&mut self, change: Change) {
        Self::apply(&mut self.current, &change);
        self.unsynced.push(change);
    }

    fn sync(&mut self) {
        self.durable.clone_from(&self.current);
        self.unsynced.clear();
    }

    fn surviving(&self, loss: SimLoss) -> Self {
        let bytes = match loss {
            SimLoss::Nothing => self.current.clone(),
            SimLoss::All => self.durable.clone(),
            SimLoss::Some(seed) => {
                let mut bytes = self.durable.clone();
                let mut dice = Dice(seed);
                for change in &self.unsynced {
                    match change {
                        Change::SetLen(_) if dice.coin() => Self::apply(&mut bytes, change),
                        Change::SetLen(_) => {}
                        Change::Write(offset, data) => {
                            for (index, sector) in data.chunks(512).enumerate() {
                                if dice.coin() {
                                    Self::apply(&mut bytes, &Change::Write(offset + index * 512, sector.to_vec()));
                                }
                            }
                        }
                    }
                }
                bytes
            }
        };
        Self::durable(self.serial, bytes)
    }
}

/// `SplitMix64`: enough to throw a coin the same way for the same seed.
struct Dice(u64);

impl Dice {
    fn coin(&mut self) -> bool {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB) >> 63 == 1
    }
}

impl Disk for SimDisk {
    fn label(&self) -> String {
        "simulated disk".to_owned()
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let mut state = self.state();
        match state.enter(Call::Read) {
            Verdict::Do => Ok(state.files.keys().cloned().collect()),
            Verdict::Fail(error) => Err(error),
            _ => Err(stopped()),
        }
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn StorageBackend>> {
        if access == Access::Create {
            self.change_names(|state| {
                let serial = state.next_serial();
                let make = || SimFile { serial, ..SimFile::default() };
                state.files.entry(name.to_owned()).or_insert_with(make);
            })?;
        }
        let state = self.state();
        let serial = state.files.get(name).map(|file| file.serial).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(SimHandle { disk: self.clone(), serial }))
    }

    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let mut state = self.state();
        match state.enter(Call::Read) {
            Verdict::Do => Ok(state.files.get(name).map(|file| file.current.clone())),
            Verdict::Fail(error) => Err(error),
            _ => Err(stopped()),
        }
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.change_names(|state| {
            let file = SimFile::durable(state.next_serial(), bytes.to_vec());
            state.files.insert(name.to_owned(), file);
        })
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.change_names(|state| {
            if let Some(mut file) = state.files.remove(from) {
                file.name_is_durable = true;
                state.files.insert(to.to_owned(), file);
            }
        })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.change_names(|state| drop(state.files.remove(name)))
    }

    fn sync_names(&self) -> io::Result<()> {
        self.change_names(|state| state.files.values_mut().for_each(|file| file.name_is_durable = true))
    }

    fn concurrency(&self) -> ConcurrencyMode {
        ConcurrencyMode::ExclusiveWriter
    }
}

/// An open file. Finds its file by the serial number, so that a rename does not matter.
#[derive(Debug)]
struct SimHandle {
    disk: SimDisk,
    serial: u64,
}

impl SimHandle {
    fn with<T>(&self, call: Call, f: impl FnOnce(&mut SimFile, bool) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.disk.state();
        let verdict = state.enter(call);
        let file = state.files.values_mut().find(|file| file.serial == self.serial).ok_or(io::ErrorKind::NotFound)?;
        match verdict {
            Verdict::Do => f(file, false),
            Verdict::DoThenFail => f(file, false).and(Err(stopped())),
            Verdict::DoHalfThenFail => f(file, true).and(Err(stopped())),
            Verdict::Fail(error) => Err(error),
        }
    }
}

fn index(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(|_| io::ErrorKind::InvalidInput.into())
}

impl StorageBackend for SimHandle {
    fn len(&self) -> io::Result<u64> {
        self.with(Call::Read, |file, _| Ok(file.current.len() as u64))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let start = index(offset)?;
        self.with(Call::Read, |file, _| {
            let end = start.checked_add(out.len()).ok_or(io::ErrorKind::InvalidInput)?;
            out.copy_from_slice(file.current.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?);
            Ok(())
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = index(len)?;
        self.with(Call::Write, |file, _| {
            file.change(Change::SetLen(len));
            Ok(())
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.with(Call::Write, |file, torn| {
            if !torn {
                file.sync();
            }
            Ok(())
        })
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let start = index(offset)?;
        self.with(Call::Write, |file, torn| {
            let data = if torn { &data[..data.len() / 2] } else { data };
            file.change(Change::Write(start, data.to_vec()));
            Ok(())
        })
    }
}
