//! Who holds the key-encryption key: a trait, and files.

use std::io;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use zeroize::{Zeroize as _, Zeroizing};

use super::disk::{Access, Disk};
use super::keys::DataKey;

/// One version of the key-encryption key. It wraps data keys; nobody else needs to see it, so that it may be held
/// elsewhere.
///
/// An implementation MUST bind a wrapped key to its version and its owner, and MUST NOT wrap to the same bytes twice.
pub(super) trait Wrapping: Send + Sync {
    /// From 1, ascending.
    fn version(&self) -> u32;

    /// Wraps the key of an owner: a patient, or the site where the name is empty.
    ///
    /// # Errors
    /// Whoever holds the key cannot be reached.
    fn wrap(&self, owner: &str, key: &DataKey) -> io::Result<Vec<u8>>;

    /// Unwraps it; `None`: it was wrapped under another version, for another owner, or was changed.
    ///
    /// # Errors
    /// Whoever holds the key cannot be reached.
    fn unwrap(&self, owner: &str, wrapped: &[u8]) -> io::Result<Option<DataKey>>;
}

/// Whoever holds the versions of the key-encryption key: files here; a KMS or a transit engine can stand in the same
/// place.
///
/// An implementation MUST make a version durable before [`KeyProvider::create`] returns, and MUST make older ones useless
/// for good in [`KeyProvider::keep_only`]: erasure rests on it.
pub(super) trait KeyProvider: Send + Sync {
    /// What to call a version in an error.
    fn label(&self, version: u32) -> String;

    /// Makes a version.
    ///
    /// # Errors
    /// Nothing is made then.
    fn create(&self, version: u32) -> io::Result<Arc<dyn Wrapping>>;

    /// A version that was made; `None`: it is gone.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] where it is there and is no key.
    fn open(&self, version: u32) -> io::Result<Option<Arc<dyn Wrapping>>>;

    /// Destroys every version but one.
    ///
    /// # Errors
    /// Some may be left: asking again is right.
    fn keep_only(&self, version: u32) -> io::Result<()>;
}

/// One file per version, 64 hexadecimal digits, for the owner alone.
pub(super) struct FileKeys(pub(super) Arc<dyn Disk>);

fn file_name(version: u32) -> String {
    format!("kek-{version:08}")
}

impl KeyProvider for FileKeys {
    fn label(&self, version: u32) -> String {
        format!("{}/{}", self.0.label(), file_name(version))
    }

    fn create(&self, version: u32) -> io::Result<Arc<dyn Wrapping>> {
        let kek = DataKey::random();
        let text = Zeroizing::new(hex::encode(kek.bytes()));
        self.0.replace(&file_name(version), text.as_bytes())?;
        Ok(Arc::new(FileKey { version, kek }))
    }

    fn open(&self, version: u32) -> io::Result<Option<Arc<dyn Wrapping>>> {
        let Some(text) = self.0.read(&file_name(version))?.map(Zeroizing::new) else { return Ok(None) };
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim_ascii(), &mut bytes)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not 64 hexadecimal digits"))?;
        let kek = DataKey::from_bytes(bytes);
        bytes.zeroize();
        Ok(Some(Arc::new(FileKey { version, kek })))
    }

    fn keep_only(&self, version: u32) -> io::Result<()> {
        for name in self.0.names()? {
            if name.starts_with("kek-") && name != file_name(version) {
                let file = self.0.open(&name, Access::Write)?;
                file.write(0, &[0; 64])?;
                file.sync_data()?;
                drop(file);
                self.0.remove(&name)?;
            }
        }
        Ok(())
    }
}

/// A version that was read from its file: version, nonce, ciphertext and tag make a wrapped key.
struct FileKey {
    version: u32,
    kek: DataKey,
}

impl FileKey {
    fn cipher(&self) -> RandomizedNonceKey {
        RandomizedNonceKey::new(&AES_256_GCM, self.kek.bytes()).expect("AES-256-GCM takes any key of 32 bytes")
    }

    fn open(&self, owner: &str, wrapped: &[u8]) -> Option<DataKey> {
        let (version, rest) = wrapped.split_at_checked(4)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE_LEN)?;
        if version != self.version.to_be_bytes() {
            return None;
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut bytes = Zeroizing::new(sealed.to_vec());
        let key = self.cipher().open_in_place(nonce, Aad::from(owner.as_bytes()), &mut bytes).ok()?;
        Some(DataKey::from_bytes((&*key).try_into().ok()?))
    }
}

impl Wrapping for FileKey {
    fn version(&self) -> u32 {
        self.version
    }

    fn wrap(&self, owner: &str, key: &DataKey) -> io::Result<Vec<u8>> {
        let mut sealed = key.bytes().to_vec();
        sealed.reserve_exact(AES_256_GCM.tag_len());
        let nonce = self
            .cipher()
            .seal_in_place_append_tag(Aad::from(owner.as_bytes()), &mut sealed)
            .expect("AES-256-GCM seals 32 bytes, and the system's source of randomness is seeded");
        let mut wrapped = self.version.to_be_bytes().to_vec();
        wrapped.extend_from_slice(nonce.as_ref());
        wrapped.extend_from_slice(&sealed);
        Ok(wrapped)
    }

    fn unwrap(&self, owner: &str, wrapped: &[u8]) -> io::Result<Option<DataKey>> {
        Ok(self.open(owner, wrapped))
    }
}
