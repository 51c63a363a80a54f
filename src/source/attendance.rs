//! Who attends a long extract: it can be asked to stop, and says how far the reading of a server is.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Attends an extract.
pub struct Attendance<'a> {
    /// Asked for from outside, such as by Ctrl-C.
    pub stop: Stop,
    /// Told while tables of a server are read.
    pub progress: &'a dyn Fn(&Progress<'_>),
}

impl Attendance<'_> {
    /// Nobody: nothing stops it, and nobody is told.
    pub fn nobody() -> Attendance<'static> {
        Attendance {
            stop: Stop::default(),
            progress: &|_| {},
        }
    }
}

/// How far the reading of a server's tables is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// The table that is being put away.
    pub table: &'a str,
    /// Parts of all tables that are done, and how many there are.
    pub done: usize,
    pub parts: usize,
    /// Rows of all tables so far.
    pub rows: u64,
}

/// A wish to stop, shared by whoever may utter it and whoever has to heed it.
#[derive(Clone, Default)]
pub struct Stop(Arc<Inner>);

#[derive(Default)]
struct Inner {
    asked: AtomicBool,
    next: AtomicU64,
    actions: Mutex<BTreeMap<u64, Box<dyn Fn() + Send>>>,
}

impl Stop {
    /// Asks to stop: what waits somewhere is called back.
    pub fn ask(&self) {
        self.0.asked.store(true, Ordering::SeqCst);
        let actions = self
            .0
            .actions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for action in actions.values() {
            action();
        }
    }

    /// Whether it was asked for.
    pub fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::SeqCst)
    }

    /// Has something done when stopping is asked for, or at once where it was; until the answer is dropped.
    pub fn on_ask(&self, action: impl Fn() + Send + 'static) -> Pending {
        let id = self.0.next.fetch_add(1, Ordering::Relaxed);
        let mut actions = self
            .0
            .actions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if self.is_asked() {
            action();
        }
        actions.insert(id, Box::new(action));
        Pending {
            stop: self.clone(),
            id,
        }
    }
}

/// Something that will be done when stopping is asked for.
#[must_use]
pub struct Pending {
    stop: Stop,
    id: u64,
}

impl Drop for Pending {
    fn drop(&mut self) {
        let inner = &self.stop.0;
        let mut actions = inner.actions.lock().unwrap_or_else(PoisonError::into_inner);
        actions.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter() -> (Arc<AtomicU64>, impl Fn() + Send + 'static) {
        let count = Arc::new(AtomicU64::new(0));
        let inside = Arc::clone(&count);
        (count, move || {
            inside.fetch_add(1, Ordering::SeqCst);
        })
    }

    #[test]
    fn what_waits_is_called_back_and_what_is_done_is_not() {
        let stop = Stop::default();
        let (waiting, action) = counter();
        let _waits = stop.on_ask(action);
        let (done, action) = counter();
        drop(stop.on_ask(action));
        assert!(!stop.is_asked());
        stop.clone().ask();
        assert!(stop.is_asked());
        assert_eq!(waiting.load(Ordering::SeqCst), 1);
        assert_eq!(done.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn who_comes_after_the_wish_is_told_at_once() {
        let stop = Stop::default();
        stop.ask();
        let (late, action) = counter();
        let _waits = stop.on_ask(action);
        assert_eq!(late.load(Ordering::SeqCst), 1);
    }
}
