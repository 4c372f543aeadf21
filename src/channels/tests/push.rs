//! Web Push against the RFCs and a local push service.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey as VerifyingKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

use super::conformance::{Provider, message};
use super::post_office::{Post, PostOffice};
use crate::channels::Message;
use crate::channels::push_crypto::{Receiver, encrypt};

struct Bytes(usize);

impl KeyType for Bytes {
    fn len(&self) -> usize {
        self.0
    }
}

fn derive(salt: &[u8], input: &[u8], info: &[u8], length: usize) -> Vec<u8> {
    let mut derived = vec![0; length];
    let info = [info];
    let prk = Salt::new(HKDF_SHA256, salt).extract(input);
    prk.expand(&info, Bytes(length)).expect("a length").fill(&mut derived).expect("a length");
    derived
}

/// What a browser does: RFC 8291 from the receiver's side.
fn decrypt(body: &[u8], private: &PrivateKey, auth: &[u8]) -> Vec<u8> {
    let (salt, rest) = body.split_at(16);
    let (sender, record) = rest[5..].split_at(usize::from(rest[4]));
    let theirs = UnparsedPublicKey::new(&ECDH_P256, sender);
    let shared = agree(private, theirs, (), |secret| Ok::<_, ()>(secret.to_vec())).expect("a point");
    let public = private.compute_public_key().expect("a public key");
    let info = [b"WebPush: info\0".as_slice(), public.as_ref(), sender].concat();
    let input = derive(auth, &shared, &info, 32);
    let key = derive(salt, &input, b"Content-Encoding: aes128gcm\0", 16);
    let nonce = derive(salt, &input, b"Content-Encoding: nonce\0", 12);
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).expect("a key"));
    let mut record = record.to_vec();
    let nonce = Nonce::try_assume_unique_for_key(&nonce).expect("12 bytes");
    let plain = key.open_in_place(nonce, Aad::empty(), &mut record).expect("it opens");
    let (last, text) = plain.split_last().expect("a delimiter");
    assert_eq!(*last, 2, "one record");
    text.to_vec()
}

pub fn key_of(post: &Post, private: &PrivateKey, auth: &[u8]) -> String {
    let text: serde_json::Value = serde_json::from_slice(&decrypt(&post.body, private, auth)).expect("JSON");
    text["key"].as_str().expect("a key").to_owned()
}

/// RFC 8291, section 5 and appendix A.
#[test]
fn message_is_encrypted_as_in_the_example_of_rfc_8291() {
    let bytes = |text: &str| BASE64.decode(text).expect("base64url");
    let receiver = Receiver {
        public: bytes("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        auth: bytes("BTBZMqHH6r4Tts7J_aSIgg"),
    };
    let sender = bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
    let sender = PrivateKey::from_private_key(&ECDH_P256, &sender).expect("a key");
    let salt = bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().expect("16 bytes");
    let body = encrypt(&receiver, &sender, salt, b"When I grow up, I want to be a watermelon").expect("keys");
    assert_eq!(
        BASE64.encode(body),
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl\
         7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    );
}

#[tokio::test]
async fn push_service_can_tell_who_sends_and_how_urgent_it_is() {
    let office = PostOffice::web_push().await;
    let address = office.address();
    office.channel().send(&message("k1"), &address).await;
    let post = &office.posts()[0];
    assert_eq!((post.path.as_str(), post.header("content-encoding")), ("/push/s1", "aes128gcm"));
    assert_eq!((post.header("urgency"), post.header("ttl")), ("high", "600"));
    let authorization = post.header("authorization").strip_prefix("vapid t=").expect("vapid");
    let (token, public) = authorization.split_once(", k=").expect("a key");
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    let verifying = VerifyingKey::new(&ECDSA_P256_SHA256_FIXED, BASE64.decode(public).expect("base64url"));
    verifying.verify(signed.as_bytes(), &BASE64.decode(signature).expect("base64url")).expect("the token is ours");
    let claims = BASE64.decode(signed.split_once('.').expect("two parts").1).expect("base64url");
    let claims: serde_json::Value = serde_json::from_slice(&claims).expect("JSON");
    let endpoint = address.split("/push").next().expect("a host");
    assert_eq!((claims["aud"].as_str(), claims["sub"].as_str()), (Some(endpoint), Some("mailto:ops@hospital.example")));
}

#[tokio::test]
async fn a_text_that_does_not_fit_one_record_leaves_the_title() {
    let office = PostOffice::web_push().await;
    let long = Message { text: "x".repeat(10_000), ..message("k1") };
    office.channel().send(&long, &office.address()).await;
    let (private, auth) = office.receiver.as_ref().expect("a subscription");
    let text: serde_json::Value =
        serde_json::from_slice(&decrypt(&office.posts()[0].body, private, auth)).expect("JSON");
    assert_eq!((text["title"].as_str(), text["text"].as_str()), (Some("spo2_low in icu"), Some("")));
}
