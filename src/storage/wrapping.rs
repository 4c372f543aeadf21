//! The key-encryption key: one file per version, 64 hexadecimal digits; wraps every stored key.

use std::io;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use zeroize::Zeroizing;

use super::disk::{Access, Disk};
use super::keys::DataKey;

/// The file of a version of the key-encryption key.
pub(super) fn kek_name(version: u32) -> String {
    format!("kek-{version:08}")
}

/// Wraps keys under one version of the key-encryption key: version, nonce, ciphertext and tag.
pub(super) struct Wrapping {
    pub(super) version: u32,
    pub(super) kek: DataKey,
}

impl Wrapping {
    /// Makes the key-encryption key durable in a file of its own.
    pub(super) fn keep(&self, disk: &dyn Disk) -> io::Result<()> {
        let text = Zeroizing::new(hex::encode(self.kek.bytes()));
        disk.replace(&kek_name(self.version), text.as_bytes())
    }

    fn cipher(&self) -> RandomizedNonceKey {
        RandomizedNonceKey::new(&AES_256_GCM, self.kek.bytes()).expect("AES-256-GCM takes any key of 32 bytes")
    }

    pub(super) fn wrap(&self, owner: &str, key: &DataKey) -> Vec<u8> {
        let mut sealed = key.bytes().to_vec();
        sealed.reserve_exact(AES_256_GCM.tag_len());
        let nonce = self
            .cipher()
            .seal_in_place_append_tag(Aad::from(owner.as_bytes()), &mut sealed)
            .expect("AES-256-GCM seals 32 bytes, and the system's source of randomness is seeded");
        let mut wrapped = self.version.to_be_bytes().to_vec();
        wrapped.extend_from_slice(nonce.as_ref());
        wrapped.extend_from_slice(&sealed);
        wrapped
    }

    pub(super) fn unwrap(&self, owner: &str, wrapped: &[u8]) -> Option<DataKey> {
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

/// Overwrites and removes every key-encryption key but the one in use.
pub(super) fn shred_others(disk: &dyn Disk, in_use: u32) -> io::Result<()> {
    for name in disk.names()? {
        if name.starts_with("kek-") && name != kek_name(in_use) {
            let file = disk.open(&name, Access::Write)?;
            file.write(0, &[0; 64])?;
            file.sync_data()?;
            drop(file);
            disk.remove(&name)?;
        }
    }
    Ok(())
}
