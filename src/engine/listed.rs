//! What metrics counted, row by row, kept while there is room: a review opens the figures of a metric again and again.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;

/// Bytes that the lists may take together. A list of a million cases has some hundred megabytes, and a review makes one
/// for each of its metrics.
pub(super) const ROOM: usize = 640 * 1024 * 1024;

/// The lists of metrics, by the metric's name; those longest without use give way.
pub(super) struct Listed {
    kept: BTreeMap<String, Kept>,
    room: usize,
    turn: u64,
}

struct Kept {
    frame: DataFrame,
    used: u64,
}

impl Listed {
    /// No lists yet, and so many bytes for them.
    pub(super) const fn new(room: usize) -> Listed {
        Listed {
            kept: BTreeMap::new(),
            room,
            turn: 0,
        }
    }

    /// The list of a metric, when it is still there.
    pub(super) fn get(&mut self, metric: &str) -> Option<DataFrame> {
        self.turn += 1;
        let kept = self.kept.get_mut(metric)?;
        kept.used = self.turn;
        Some(kept.frame.clone())
    }

    /// Keeps a list; those longest without use make room for it. The new one stays, however large.
    pub(super) fn keep(&mut self, metric: &str, frame: DataFrame) {
        self.turn += 1;
        let used = self.turn;
        self.kept.insert(metric.to_owned(), Kept { frame, used });
        while self.bytes() > self.room && self.kept.len() > 1 {
            let oldest = self.kept.iter().min_by_key(|(_, kept)| kept.used);
            let Some(name) = oldest.map(|(name, _)| name.clone()) else {
                return;
            };
            self.kept.remove(&name);
        }
    }

    fn bytes(&self) -> usize {
        self.kept
            .values()
            .map(|kept| kept.frame.estimated_size())
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::{IntoColumn, NamedFrom, Series};

    use super::*;

    /// A list of so many 64-bit numbers.
    fn list(rows: usize) -> DataFrame {
        let column = Series::new("n".into(), vec![1_i64; rows]).into_column();
        DataFrame::new(rows, vec![column]).unwrap()
    }

    #[test]
    fn the_list_longest_without_use_gives_way() {
        let mut listed = Listed::new(2 * 800 + 1);
        listed.keep("a", list(100));
        listed.keep("b", list(100));
        assert!(listed.get("a").is_some());
        listed.keep("c", list(100));
        assert!(listed.get("a").is_some() && listed.get("c").is_some());
        assert!(listed.get("b").is_none());
    }

    #[test]
    fn a_list_larger_than_the_room_stays_alone() {
        let mut listed = Listed::new(10);
        listed.keep("a", list(1));
        listed.keep("b", list(100));
        assert!(listed.get("a").is_none());
        assert_eq!(listed.get("b").unwrap().height(), 100);
    }
}
