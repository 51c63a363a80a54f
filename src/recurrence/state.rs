//! What the next run needs of this one: the texts' state, which case each text is, and which layer describes the
//! clusters.
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
const STATE_BESIDE: &str = ".state.being-written";
const CASES: &str = "cases.tsv";

/// The last run's state.
#[derive(Debug)]
pub struct Kept {
    pub state: State,
    /// Day of the last full run.
    pub full_on: NaiveDate,
    /// The layer of the last run.
    pub layer: Option<LayerPlace>,
    /// Number of the case and hash of the text, in the state's order.
    pub cases: Vec<(String, u64)>,
}

/// Where a layer lies within the lake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerPlace {
    pub snapshot: String,
    pub run: String,
}

impl LayerPlace {
    /// Of a layer's folder.
    pub fn of(snapshot: &Path, layer: &Path) -> Option<Self> {
        let name = |path: &Path| Some(path.file_name()?.to_str()?.to_owned());
        Some(LayerPlace {
            snapshot: name(snapshot)?,
            run: name(layer)?,
        })
    }
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
        let mut first = first.split('\t');
        let full_on = first
            .next()
            .and_then(|day| day.parse().ok())
            .ok_or_else(|| wrong("does not begin with a day"))?;
        let layer = first.next().zip(first.next());
        let layer = layer.map(|(snapshot, run)| LayerPlace {
            snapshot: snapshot.to_owned(),
            run: run.to_owned(),
        });
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
            layer,
            cases,
        })
    }

    /// Writes the texts' state beside that of the last run; [`Kept::save`] puts it in its place.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write_beside(&self, folder: &Path) -> Result<(), Unusable> {
        fs::create_dir_all(folder).map_err(|source| Unusable::Cases {
            path: folder.to_owned(),
            why: source.to_string(),
        })?;
        let stamp = stamp_of(self.full_on, &self.cases);
        Ok(self.state.save(&folder.join(STATE_BESIDE), stamp)?)
    }

    /// Replaces the state of the last run by what was written beside it; where no text is `new`, that of the texts
    /// stands as it is.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn save(&self, folder: &Path, new: bool) -> Result<(), Unusable> {
        let path = folder.join(CASES);
        let failed = |source: io::Error| Unusable::Cases {
            path: path.clone(),
            why: source.to_string(),
        };
        let beside = folder.join(".cases.being-written");
        let mut out = BufWriter::new(fs::File::create(&beside).map_err(failed)?);
        write!(out, "{}", self.full_on).map_err(failed)?;
        if let Some(layer) = &self.layer {
            write!(out, "\t{}\t{}", layer.snapshot, layer.run).map_err(failed)?;
        }
        writeln!(out).map_err(failed)?;
        for (case, hash) in &self.cases {
            writeln!(out, "{hash:016x}\t{case}").map_err(failed)?;
        }
        out.flush().map_err(failed)?;
        // The stamp ties the two files together, so a stop between the two renames is noticed.
        fs::rename(&beside, &path).map_err(failed)?;
        match new {
            true => fs::rename(folder.join(STATE_BESIDE), folder.join(STATE)).map_err(failed),
            false => Ok(()),
        }
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
