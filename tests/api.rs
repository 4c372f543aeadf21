//! The services over the wire: a real server, real TLS, clients that misbehave.

mod api {
    mod answers;
    mod devices;
    mod gateways;
    mod glass;
    mod harness;
    mod isolation;
    mod payloads;
    mod people;
    mod stays;
    mod streams;
    mod tls;
    mod ward;
}
