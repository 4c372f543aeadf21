//! The services over the wire: a real server, real TLS, clients that misbehave.

#[path = "receivers/mod.rs"]
mod receivers;

mod api {
    #[path = "../../examples/verify_inclusion.rs"]
    #[allow(dead_code)]
    mod verify_inclusion;

    mod answering;
    mod answers;
    mod browser;
    mod care;
    mod commands;
    mod custody;
    mod devices;
    mod gateways;
    mod glass;
    mod harness;
    mod isolation;
    mod keys;
    mod late;
    mod limits;
    mod oncall;
    mod oxygen;
    mod payloads;
    mod people;
    mod python;
    mod roles;
    mod schema;
    mod stays;
    mod streams;
    mod subjects;
    mod tls;
    mod values;
    mod ward;
    mod web;
    mod witness;
}
