//! What the next run needs of this one: the texts' state, and which case each text is.
//!
//! It is a shortcut beside the lake, one for each source, replaced by every run. Whatever is wrong with it, the next
//! run is a full one.

use std::fs;
use std::hash::{Hash, Hasher};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use rustc_hash::FxHasher;

use redress_clusters::State;

const STATE: &str = "state.bin";
const CASES: &str = "cases.tsv";

/// The last run's state.
#[derive(Debug)]
pub struct Kept {
    pub state: State,
    /// Day of the last full run.
    pub full_on: NaiveDate,
    /// Number of the case and hash of the text, in the state's order.
    pub cases: Vec<(String, u64)>,
}

/// The folder of a source's state within a lake. A name that cannot be a folder's as it stands carries its hash, so that
/// `shop-a` and `shop_a` have one each.
pub fn folder(lake: &Path, source: &str) -> PathBuf {
    let mut name: String = source
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    if name != source {
        name.push_str(&format!("-{:016x}", text_hash(source)));
    }
    lake.join(".clusters").join(name)
}

/// The hash by which a changed text is noticed.
pub fn text_hash(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Why there is no state to go on from.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error("there is none yet")]
    None,
    #[error("{0}")]
    State(#[from] redress_clusters::StateError),
    #[error("{path}: {why}")]
    Cases { path: PathBuf, why: String },
}

impl Kept {
    /// Reads the state of the last run.
    ///
    /// # Errors
    /// When there is none or it is not whole; a full run then makes it anew.
    pub fn load(folder: &Path) -> Result<Kept, Unusable> {
        let path = folder.join(CASES);
        let wrong = |why: &str| Unusable::Cases {
            path: path.clone(),
            why: why.to_owned(),
        };
        let file = match fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Unusable::None),
            Err(error) => return Err(wrong(&error.to_string())),
        };
        let mut lines = BufReader::new(file).lines();
        let first = lines.next().and_then(Result::ok).unwrap_or_default();
        let full_on = first
            .parse()
            .map_err(|_| wrong("does not begin with a day"))?;
        let mut cases = Vec::new();
        for line in lines {
            let line = line.map_err(|e| wrong(&e.to_string()))?;
            let (hash, case) = line.split_once('\t').ok_or_else(|| wrong("is cut short"))?;
            let hash = u64::from_str_radix(hash, 16).map_err(|_| wrong("is cut short"))?;
            cases.push((case.to_owned(), hash));
        }
        let (state, stamp) = State::load(&folder.join(STATE))?;
        if stamp != stamp_of(full_on, &cases) || state.texts() != cases.len() {
            return Err(wrong("belongs to another state"));
        }
        Ok(Kept {
            state,
            full_on,
            cases,
        })
    }

    /// Replaces the state of the last run.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), Unusable> {
        let path = folder.join(CASES);
        let failed = |source: io::Error| Unusable::Cases {
            path: path.clone(),
            why: source.to_string(),
        };
        fs::create_dir_all(folder).map_err(failed)?;
        let aside = folder.join(".cases.being-written");
        let mut out = BufWriter::new(fs::File::create(&aside).map_err(failed)?);
        writeln!(out, "{}", self.full_on).map_err(failed)?;
        for (case, hash) in &self.cases {
            writeln!(out, "{hash:016x}\t{case}").map_err(failed)?;
        }
        out.flush().map_err(failed)?;
        // The stamp ties the two files together, so a stop between the two renames is noticed.
        let state_aside = folder.join(".state.being-written");
        self.state
            .save(&state_aside, stamp_of(self.full_on, &self.cases))?;
        fs::rename(&aside, &path).map_err(failed)?;
        fs::rename(&state_aside, folder.join(STATE)).map_err(failed)
    }
}

fn stamp_of(full_on: NaiveDate, cases: &[(String, u64)]) -> u64 {
    let mut hasher = FxHasher::default();
    full_on.hash(&mut hasher);
    cases.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_of_like_names_have_a_state_of_their_own() {
        let lake = Path::new("lake");
        assert_eq!(folder(lake, "zammad"), Path::new("lake/.clusters/zammad"));
        let names = ["shop_a", "shop-a", "shop a", "dükkân", "maps/shop_a"];
        let mut folders: Vec<PathBuf> = names.iter().map(|name| folder(lake, name)).collect();
        folders.sort();
        folders.dedup();
        assert_eq!(folders.len(), names.len());
        for made in folders {
            // Each is one folder below the lake's own, whatever the name holds.
            assert_eq!(made.parent(), Some(Path::new("lake/.clusters")));
        }
    }
}
