//! The wishes to end: Ctrl-C, and the service manager's SIGTERM. The first asks for an orderly end, the second for an
//! end at once.

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Counts the wishes from the moment it is made.
pub struct Signals {
    count: watch::Receiver<u32>,
}

impl Signals {
    /// Begins to listen; within the runtime.
    ///
    /// # Errors
    /// When the system lets nobody listen to signals.
    pub fn listen() -> anyhow::Result<Signals> {
        let of = |kind| signal(kind).context("signals cannot be heard");
        let (mut interrupts, mut terminations) =
            (of(SignalKind::interrupt())?, of(SignalKind::terminate())?);
        let (say, count) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                next(&mut interrupts, &mut terminations).await;
                say.send_modify(|n| *n += 1);
            }
        });
        Ok(Signals { count })
    }

    /// Waits for so many wishes in all.
    pub fn nth(&self, nth: u32) -> impl Future<Output = ()> + use<> {
        let mut count = self.count.clone();
        async move {
            if count.wait_for(|n| *n >= nth).await.is_err() {
                // Nobody listens any more: the runtime ends.
                std::future::pending::<()>().await;
            }
        }
    }
}

async fn next(interrupts: &mut Signal, terminations: &mut Signal) {
    tokio::select! {
        _ = interrupts.recv() => {}
        _ = terminations.recv() => {}
    }
}
