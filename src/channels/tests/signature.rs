//! Webhooks are signed as Standard Webhooks says.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::conformance::{Mood, Provider, message};
use super::post_office::{PostOffice, SECRET, client};
use crate::channels::{Message, Outcome, Webhook, wait_ms};
use crate::clock::Clock;
use crate::time::Timestamp;

#[tokio::test]
async fn signature_is_over_id_timestamp_and_body() {
    let office = PostOffice::webhook().await;
    office.channel().send(&message("p-7~3.1.2.ana"), &office.address()).await;
    let post = &office.posts()[0];
    assert_eq!(post.header("webhook-id"), "p-7~3.1.2.ana");
    let signed = format!(
        "{}.{}.{}",
        post.header("webhook-id"),
        post.header("webhook-timestamp"),
        String::from_utf8(post.body.clone()).expect("text")
    );
    let secret = STANDARD.decode(SECRET.trim_start_matches("whsec_")).expect("base64");
    let given = post.header("webhook-signature").strip_prefix("v1,").expect("version 1");
    let tag = STANDARD.decode(given).expect("base64");
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &secret), signed.as_bytes(), &tag).expect("the signature fits");
}

/// The example of the specification's reference libraries.
#[test]
fn signature_is_that_of_the_reference() {
    let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64");
    let signed = "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}";
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), signed.as_bytes());
    assert_eq!(STANDARD.encode(tag), "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[tokio::test]
async fn body_of_a_repeat_differs_in_nothing_but_saying_so() {
    let office = PostOffice::webhook().await;
    let repeat = Message { repeat: true, ..message("k") };
    office.channel().send(&message("k"), &office.address()).await;
    office.channel().send(&repeat, &office.address()).await;
    let bodies: Vec<_> =
        office.posts().iter().map(|post| String::from_utf8(post.body.clone()).expect("text")).collect();
    assert_eq!(bodies[0].replace("\"repeat\":false", "\"repeat\":true"), bodies[1]);
    assert!(bodies[0].contains("\"priority\":\"high\""));
}

#[tokio::test]
async fn a_busy_receiver_says_how_long_to_wait() {
    let office = PostOffice::webhook().await;
    office.behave(Mood::RefusesForNow);
    let outcome = office.channel().send(&message("k"), &office.address()).await;
    let Outcome::Failed { wait: Some(wait), .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(wait.as_secs(), 2);
}

#[test]
fn a_secret_that_is_too_short_or_no_secret_is_refused() {
    let clock = Clock::starting_at(Timestamp(0));
    for secret in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%%%"] {
        assert!(Webhook::new(client(), secret, clock.clone()).is_err(), "{secret}");
    }
}

#[test]
fn waits_double_up_to_a_minute_and_are_never_alike_for_long() {
    let longest: Vec<_> = (1..=9).map(|attempt| wait_ms(attempt, 0)).collect();
    assert_eq!(longest, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    for attempt in [1, 5, 200] {
        for random in [0, 1, 77, u64::MAX] {
            let wait = wait_ms(attempt, random);
            assert!(wait <= wait_ms(attempt, 0) && wait >= wait_ms(attempt, 0) / 2);
        }
    }
}
