//! Services: the wire on one side, `actors::handle::Handle` on the other.
