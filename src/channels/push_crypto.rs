//! The cryptography of Web Push: message encryption (RFC 8291 over RFC 8188) and VAPID (RFC 8292).

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::EcdsaKeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

/// The record size that the header states; a message is one record.
const RECORD_BYTES: u32 = 4_096;
/// What fits into one record, with its delimiter and tag.
pub(super) const PLAINTEXT_BYTES_MAX: usize = RECORD_BYTES as usize - 17 - 86;

/// What a subscription gives to encrypt for it.
pub(super) struct Receiver {
    /// Its public key, an uncompressed point of P-256.
    pub public: Vec<u8>,
    /// Its authentication secret, 16 bytes.
    pub auth: Vec<u8>,
}

/// Encrypts `plaintext` with a sender's key of its own and `salt`, both never used again.
pub(super) fn encrypt(
    receiver: &Receiver,
    sender: &PrivateKey,
    salt: [u8; 16],
    plaintext: &[u8],
) -> Result<Vec<u8>, Unspecified> {
    let sender_public = sender.compute_public_key()?;
    let theirs = UnparsedPublicKey::new(&ECDH_P256, &receiver.public);
    let shared = agree(sender, theirs, Unspecified, |secret| Ok(secret.to_vec()))?;
    let info = [b"WebPush: info\0".as_slice(), &receiver.public, sender_public.as_ref()].concat();
    let input: [u8; 32] = derive(&receiver.auth, &shared, &info)?;
    let key: [u8; 16] = derive(&salt, &input, b"Content-Encoding: aes128gcm\0")?;
    let nonce: [u8; 12] = derive(&salt, &input, b"Content-Encoding: nonce\0")?;
    // 2: the last record.
    let mut record = [plaintext, &[2]].concat();
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key)?);
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut record)?;
    let id = sender_public.as_ref();
    let id_bytes = [u8::try_from(id.len()).map_err(|_| Unspecified)?];
    Ok([salt.as_slice(), &RECORD_BYTES.to_be_bytes(), &id_bytes, id, &record].concat())
}

struct Bytes(usize);

impl KeyType for Bytes {
    fn len(&self) -> usize {
        self.0
    }
}

fn derive<const N: usize>(salt: &[u8], input: &[u8], info: &[u8]) -> Result<[u8; N], Unspecified> {
    let mut derived = [0; N];
    Salt::new(HKDF_SHA256, salt).extract(input).expand(&[info], Bytes(N))?.fill(&mut derived)?;
    Ok(derived)
}

/// The `Authorization` header by which a push service knows who sends: a token of `key` for `audience` until `expires_s`.
pub(super) fn authorization(
    key: &EcdsaKeyPair,
    public: &[u8],
    audience: &str,
    subject: &str,
    expires_s: i64,
) -> Result<String, Unspecified> {
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({ "typ": "JWT", "alg": "ES256" }));
    let claims = part(json!({ "aud": audience, "exp": expires_s, "sub": subject }));
    let signed = format!("{header}.{claims}");
    let signature = key.sign(&SystemRandom::new(), signed.as_bytes())?;
    let (signature, public) = (URL_SAFE_NO_PAD.encode(signature), URL_SAFE_NO_PAD.encode(public));
    Ok(format!("vapid t={signed}.{signature}, k={public}"))
}
