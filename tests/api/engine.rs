//! The engine behind the services.

use std::path::Path;

use vigil::actors::handle::Handle;
use vigil::config::Config;

/// A running engine.
pub struct Engine(Handle);

impl Engine {
    pub async fn start(_config: &Config, _dir: &Path) -> Self {
        Self(Handle {})
    }

    pub fn handle(&self) -> Handle {
        self.0.clone()
    }
}
