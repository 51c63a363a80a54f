//! Ctrl-C and the request to end, heeded where something has to be put in order first.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redress_source::attendance::Stop;

/// Signals are passed on for as long as this lives; afterwards they end the program at once.
pub struct Watching(Arc<AtomicBool>);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Passes the first signal on to a command that can stop by itself; the second one ends the program at once.
///
/// # Errors
/// When the system starts no thread for it.
pub fn watch(stop: Stop) -> std::io::Result<Watching> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // Listening begins before this returns: a signal in between would end the program without order.
    let is_over = Arc::new(AtomicBool::new(false));
    let for_thread = Arc::clone(&is_over);
    let (began, has_begun) = std::sync::mpsc::sync_channel(1);
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                let Ok(mut signals) = Signals::listen() else {
                    let _ = began.send(false);
                    return;
                };
                let _ = began.send(true);
                signals.next().await;
                if for_thread.load(Ordering::SeqCst) {
                    std::process::exit(130);
                }
                say!("stopping; once more to end at once\n");
                // It may speak with a server, in a way that this thread's runtime does not bear.
                std::thread::spawn(move || stop.ask());
                signals.next().await;
                std::process::exit(130);
            });
        })?;
    if !has_begun.recv().unwrap_or(false) {
        tracing::debug!("signals are not watched for");
    }
    Ok(Watching(is_over))
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> std::io::Result<Signals> {
        Ok(Signals)
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
