//! The services over the wire: a real server, real TLS, clients that misbehave.

mod api {
    mod answers;
    mod care;
    mod custody;
    mod devices;
    mod gateways;
    mod harness;
    mod payloads;
    mod people;
    mod python;
    mod stays;
    mod streams;
    mod tls;
    mod ward;
}
