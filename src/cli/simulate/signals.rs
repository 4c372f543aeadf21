//! Ending cleanly when a person or a supervisor asks for it.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Turns true at the first Ctrl-C or SIGTERM.
///
/// # Errors
/// The handlers cannot be installed.
pub fn stop_on_signals() -> io::Result<watch::Receiver<bool>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let (tell, told) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tell.send_replace(true);
        // Kept: a watch whose sender is gone could not be waited for.
        tell.closed().await;
    });
    Ok(told)
}
