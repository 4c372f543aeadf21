//! The services over the wire: a real server, real TLS, clients that misbehave.

#[path = "receivers/mod.rs"]
mod receivers;

mod api {
    #[path = "../../examples/verify_inclusion.rs"]
    #[allow(dead_code)]
    mod verify_inclusion;

    mod answers;
    mod care;
    mod custody;
    mod devices;
    mod gateways;
    mod glass;
    mod harness;
    mod isolation;
    mod keys;
    mod oncall;
    mod oxygen;
    mod payloads;
    mod people;
    mod python;
    mod stays;
    mod streams;
    mod subjects;
    mod tls;
    mod ward;
    mod witness;
}
