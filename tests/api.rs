//! The services over the wire: a real server, real TLS, clients that misbehave.

mod api {
    mod devices;
    mod engine;
    mod harness;
    mod people;
    mod tls;
}
