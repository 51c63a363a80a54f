//! The steps of a run, told as they begin and timed.

use std::time::Instant;

/// Tells each step and times it.
pub(super) struct Steps<'a> {
    tell: &'a dyn Fn(&'static str),
    began: Instant,
    current: Option<&'static str>,
    seconds: Vec<(&'static str, f64)>,
}

impl<'a> Steps<'a> {
    /// Before the first step.
    pub(super) fn new(tell: &'a dyn Fn(&'static str)) -> Self {
        Steps {
            tell,
            began: Instant::now(),
            current: None,
            seconds: Vec::new(),
        }
    }

    /// A step begins, and the one before it ends.
    pub(super) fn begin(&mut self, step: &'static str) {
        self.close();
        (self.tell)(step);
        self.current = Some(step);
        self.began = Instant::now();
    }

    fn close(&mut self) {
        if let Some(step) = self.current.take() {
            self.seconds
                .push((step, self.began.elapsed().as_secs_f64()));
        }
    }

    /// The last step ends: seconds of each, in order.
    pub(super) fn end(mut self) -> Vec<(&'static str, f64)> {
        self.close();
        self.seconds
    }
}
