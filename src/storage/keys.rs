//! Data keys: one per patient, stored wrapped; all others derived from the site's key.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::{hkdf, hmac, rand};
use zeroize::{Zeroize, Zeroizing};

use super::checkpoint::CheckpointKey;
use super::disk::{Access, Folder};
use super::error::OpenError;
use super::key_store::KeyStore;
use super::seal::Length32;
use super::stream::{StreamKind, StreamName};
use crate::clinical::ids::{DeviceId, PatientId};

/// Why a key cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The patient's key was destroyed: the patient is erased and stays so.
    #[error("the patient's key was destroyed: what it sealed is erased for good, and no new one is made under this id")]
    Destroyed,
    /// A stored key does not open under the key-encryption key.
    #[error("a wrapped key in {folder} is damaged: restore the key folder from its own copy")]
    Damaged {
        /// The key folder.
        folder: String,
    },
    /// The key store cannot be read or written.
    #[error("read or write of the key store in {folder} fails: {cause}; free its disk or restore it, then start again")]
    Store {
        /// The key folder.
        folder: String,
        /// What redb or the file system says.
        cause: String,
    },
    /// The store is closed.
    #[error("the key store is closed")]
    Closed,
}

/// Why the keys were not copied.
#[derive(Debug, thiserror::Error)]
pub enum KeyCopyError {
    /// They cannot be read.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The copy cannot be written.
    #[error(transparent)]
    Copy(#[from] OpenError),
}

/// 32 random or derived bytes from which sealing keys are derived. Wiped when dropped; never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct DataKey([u8; 32]);

impl DataKey {
    /// Takes key material as it is.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// New random key material.
    #[must_use]
    pub(super) fn random() -> Self {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).expect("the system's source of randomness is seeded before any process of ours runs");
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// HKDF-SHA256 (RFC 5869) of this key.
    pub(super) fn derive(&self, salt: &[u8], info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut derived = Zeroizing::new([0; 32]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
            .extract(&self.0)
            .expand(info, Length32)
            .and_then(|okm| okm.fill(&mut derived[..]))
            .expect("HKDF-SHA256 gives up to 8,160 bytes, and 32 are asked for");
        derived
    }

    fn child(&self, info: &[&[u8]]) -> Self {
        Self(*self.derive(&[], info))
    }
}

impl Drop for DataKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(..)")
    }
}

/// Access to all keys. Cloning is cheap.
#[derive(Clone)]
pub struct Keys {
    inner: Arc<Inner>,
}

struct Inner {
    site: DataKey,
    receipt: hmac::Key,
    store: KeyStore,
}

impl Keys {
    pub(super) fn new(store: KeyStore) -> Self {
        let site = store.site().clone();
        let receipt = hmac::Key::new(hmac::HMAC_SHA256, site.child(&[b"vigil/receipt/1"]).bytes());
        Self { inner: Arc::new(Inner { site, receipt, store }) }
    }

    /// The key of a device, derived from the site's key.
    #[must_use]
    pub fn device(&self, device: &DeviceId) -> DataKey {
        self.inner.site.child(&[b"vigil/device/1\0", device.as_str().as_bytes()])
    }

    /// The key of the streams that name no patient's data: care units, people, rules.
    #[must_use]
    pub fn care(&self) -> DataKey {
        self.inner.site.child(&[b"vigil/care/1"])
    }

    /// The key of the audit trail.
    #[must_use]
    pub fn audit(&self) -> DataKey {
        self.inner.site.child(&[b"vigil/audit/1"])
    }

    /// The key that signs checkpoints.
    #[must_use]
    pub fn checkpoint(&self) -> CheckpointKey {
        CheckpointKey::new(&self.inner.site.child(&[b"vigil/checkpoint/1"]))
    }

    /// The key of a patient; `None` for one for whom none was made.
    ///
    /// # Errors
    /// [`KeyError::Destroyed`] once it was destroyed; else as the store reports.
    pub fn patient(&self, patient: &PatientId) -> Result<Option<DataKey>, KeyError> {
        self.inner.store.patient(patient)
    }

    /// The key of a patient, made where there is none; durable before it is returned. Many at once share their syncs.
    ///
    /// # Errors
    /// [`KeyError`]; nothing may be sealed then.
    pub async fn create_patient(&self, patient: &PatientId) -> Result<DataKey, KeyError> {
        match self.inner.store.patient(patient)? {
            Some(key) => Ok(key),
            None => self.inner.store.create(patient).await,
        }
    }

    /// Destroys a patient's key, for good: what it sealed cannot be opened any more, in backups neither, and the
    /// patient gets no new one. Whoever still holds a copy of the key in memory must drop it. Takes the longer the more
    /// patients there are: all other keys are wrapped anew.
    ///
    /// # Errors
    /// [`KeyError`]; whether the key was destroyed is then unknown, and asking again is right.
    pub async fn destroy_patient(&self, patient: &PatientId) -> Result<(), KeyError> {
        self.inner.store.rekey(Some(patient)).await.map(drop)
    }

    /// Wraps all keys under a new key-encryption key, and shreds the old one. What is sealed stays as it is: data keys do
    /// not change. Returns the new version.
    ///
    /// # Errors
    /// [`KeyError`]; asking again is right.
    pub async fn rotate(&self) -> Result<u32, KeyError> {
        self.inner.store.rekey(None).await
    }

    /// The key under which the heads of a stream's records are sealed; `None` for a patient without one.
    ///
    /// # Errors
    /// As [`Self::patient`].
    pub fn stream(&self, stream: &StreamName) -> Result<Option<DataKey>, KeyError> {
        match stream.kind() {
            StreamKind::Device => Ok(Some(self.inner.site.child(&[b"vigil/device/1\0", stream.id().as_bytes()]))),
            StreamKind::Patient => PatientId::new(stream.id()).map_or(Ok(None), |patient| self.patient(&patient)),
            StreamKind::Care
            | StreamKind::Alerts
            | StreamKind::Person
            | StreamKind::Rules
            | StreamKind::Decoders
            | StreamKind::OnCall => Ok(Some(self.care())),
            StreamKind::Audit | StreamKind::Grants | StreamKind::Checkpoints => Ok(Some(self.audit())),
        }
    }

    /// Proves that this site gave a receipt: HMAC-SHA256 of `bytes`, cut to 16 bytes.
    #[must_use]
    pub fn receipt_mac(&self, bytes: &[u8]) -> [u8; 16] {
        let tag = hmac::sign(&self.inner.receipt, bytes);
        let mut mac = [0; 16];
        mac.copy_from_slice(&tag.as_ref()[..16]);
        mac
    }

    /// Whether `mac` is this site's proof for `bytes`. Takes the same time wherever they differ.
    #[must_use]
    pub fn verify_receipt(&self, bytes: &[u8], mac: &[u8]) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(&self.receipt_mac(bytes), mac).is_ok()
    }

    /// What a journal keeps to know later whether it is opened with the keys under which it was written.
    pub(super) fn check_value(&self, journal_id: &[u8]) -> Vec<u8> {
        self.inner.site.derive(journal_id, &[b"vigil/key-check/1"])[..16].to_vec()
    }

    /// Copies the key store into a folder of its own, beside whoever writes it; a copy that is there is replaced, and older
    /// key-encryption keys in it are shredded. Blocks.
    ///
    /// # Errors
    /// [`KeyError`]; [`OpenError`] where the folder cannot be used, or holds the keys of another site. A copy that was
    /// there is as good as it was.
    pub fn copy_to(&self, folder: &Path) -> Result<(), KeyCopyError> {
        let disk = Folder::open(folder.to_path_buf(), true, Access::Create)
            .map_err(|error| OpenError::from_io(folder.display().to_string(), &error))?;
        self.inner.store.copy_to(&disk)
    }

    pub(super) fn close(&self) {
        self.inner.store.close();
    }
}
