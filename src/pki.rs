//! A development PKI: one authority, its revocation list, and certificates for devices, gateways and the server.
