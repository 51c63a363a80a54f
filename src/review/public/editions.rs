//! Editions for the public that lie in a folder. Set against each other, two whose periods overlap give away what each
//! leaves out: a year less three of its quarters is the fourth, and so are the few complaints that its own edition does
//! not show. So of all that editions tell of, the periods themselves and those that stand beside them, any two are the
//! same or have no day in common; and two editions of one period rest on the same data.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::pack::MANIFEST;
use redress_domain::period::Period;

/// What an edition tells of, and from which data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    pub period: Period,
    /// The period that stands beside it.
    pub compared_with: Period,
    /// Digest of the snapshot's facts.
    pub lake_digest: String,
}

/// Why an edition is not to be published.
#[derive(Debug, thiserror::Error)]
pub enum EditionError {
    #[error(
        "{folder}: an edition for the public of {theirs} lies here, and {ours} overlaps it: set against each other, they give away \
         numbers of fewer than five that each leaves out; publish one division of time (quarters, or years), or say why it may be with \
         --force-public"
    )]
    Overlaps {
        folder: PathBuf,
        theirs: String,
        ours: String,
    },
    #[error(
        "{folder}: an edition for the public of {period} lies here that was made from other data: set against each other, they give \
         away the few complaints that are new or mended; remove it if it was never given out, or say why it may be with --force-public"
    )]
    OtherData { folder: PathBuf, period: String },
    #[error(
        "{compared_with} stands beside {period} and overlaps it, which gives away numbers of fewer than five that the edition leaves \
         out; choose another period with --compare, or say why it may be with --force-public"
    )]
    BesideItself {
        period: String,
        compared_with: String,
    },
    #[error(
        "{folder}: an edition for the public lies here of which it cannot be read what it tells of; remove it if it was never given \
         out, or say why it may be with --force-public"
    )]
    Unreadable { folder: PathBuf },
    #[error("{folder}: cannot be searched for other editions for the public: {source}")]
    Io { folder: PathBuf, source: io::Error },
}

/// Whether an edition may be published beside those that lie in these folders.
///
/// It cannot know of editions that lie elsewhere or were removed.
///
/// # Errors
/// When one of them overlaps it or rests on other data, or a folder cannot be searched.
pub fn check(edition: &Edition, folders: &[&Path]) -> Result<(), EditionError> {
    if overlap(&edition.period, &edition.compared_with) {
        return Err(EditionError::BesideItself {
            period: edition.period.to_string(),
            compared_with: edition.compared_with.to_string(),
        });
    }
    for folder in folders {
        for (pack, other) in lying_in(folder)? {
            beside(edition, &other, &pack)?;
        }
    }
    Ok(())
}

fn beside(edition: &Edition, other: &Edition, pack: &Path) -> Result<(), EditionError> {
    if is_same(&edition.period, &other.period) && edition.lake_digest != other.lake_digest {
        return Err(EditionError::OtherData {
            folder: pack.to_owned(),
            period: other.period.to_string(),
        });
    }
    for ours in [&edition.period, &edition.compared_with] {
        for theirs in [&other.period, &other.compared_with] {
            if overlap(ours, theirs) && !is_same(ours, theirs) {
                return Err(EditionError::Overlaps {
                    folder: pack.to_owned(),
                    theirs: theirs.to_string(),
                    ours: ours.to_string(),
                });
            }
        }
    }
    Ok(())
}

/// Whether two periods have a day in common.
fn overlap(one: &Period, other: &Period) -> bool {
    one.first <= other.last && other.first <= one.last
}

/// Whether they are the same days, whatever their names.
fn is_same(one: &Period, other: &Period) -> bool {
    (one.first, one.last) == (other.first, other.last)
}

/// Of a pack's manifest, whether it is an edition for the public.
#[derive(Debug, Deserialize)]
struct Marked {
    #[serde(default)]
    public: bool,
}

/// Of the manifest of an edition, what it tells of.
#[derive(Debug, Deserialize)]
struct Told {
    period: String,
    compared_with: String,
    lake_digest: String,
}

/// The editions in a folder, by name; none where there is no such folder.
fn lying_in(folder: &Path) -> Result<Vec<(PathBuf, Edition)>, EditionError> {
    let failed = |source| EditionError::Io {
        folder: folder.to_owned(),
        source,
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(source) if source.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(failed(source)),
    };
    let mut packs = Vec::new();
    for entry in entries {
        packs.push(entry.map_err(failed)?.path());
    }
    packs.sort();
    let mut found = Vec::new();
    for pack in packs {
        // What has no manifest that can be read is no pack.
        let Ok(manifest) = fs::read(pack.join(MANIFEST)) else {
            continue;
        };
        let marked: Result<Marked, _> = serde_json::from_slice(&manifest);
        if !marked.is_ok_and(|marked| marked.public) {
            continue;
        }
        match told(&manifest) {
            Some(edition) => found.push((pack, edition)),
            None => return Err(EditionError::Unreadable { folder: pack }),
        }
    }
    Ok(found)
}

fn told(manifest: &[u8]) -> Option<Edition> {
    let told: Told = serde_json::from_slice(manifest).ok()?;
    Some(Edition {
        period: told.period.parse().ok()?,
        compared_with: told.compared_with.parse().ok()?,
        lake_digest: told.lake_digest,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edition(period: &str, compared_with: &str, lake_digest: &str) -> Edition {
        Edition {
            period: period.parse().expect("a period"),
            compared_with: compared_with.parse().expect("a period"),
            lake_digest: lake_digest.to_owned(),
        }
    }

    /// A folder with one edition: 2026-Q2 beside the quarter before, from the data `spring`.
    fn published() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        keep(
            folder.path(),
            "2026-Q2-en-public",
            r#"{"public": true, "period": "2026-Q2", "compared_with": "2026-Q1", "lake_digest": "spring"}"#,
        );
        // Neither a pack that is no edition, nor what is no pack at all, is looked at.
        keep(
            folder.path(),
            "2026-en",
            r#"{"period": "2026", "files": []}"#,
        );
        keep(folder.path(), "thesis", "chapters");
        fs::write(folder.path().join("notes"), "words").expect("a file");
        folder
    }

    fn keep(folder: &Path, name: &str, manifest: &str) {
        let pack = folder.join(name);
        fs::create_dir(&pack).expect("a folder");
        fs::write(pack.join(MANIFEST), manifest).expect("a manifest");
    }

    #[test]
    fn the_quarters_of_a_year_stand_beside_each_other() {
        let folder = published();
        for (period, compared_with, data) in [
            ("2026-Q3", "2026-Q2", "summer"),
            ("2026-Q3", "2025-Q3", "summer"),
            ("2026-Q1", "2025-Q4", "winter"),
            // Another language of the same, and the same days by another name.
            ("2026-Q2", "2026-Q1", "spring"),
            ("2026-04-01..2026-06-30", "2026-Q1", "spring"),
        ] {
            let edition = edition(period, compared_with, data);
            check(&edition, &[folder.path()]).expect(period);
        }
    }

    #[test]
    fn what_holds_a_part_of_the_same_days_is_refused() {
        let folder = published();
        for (period, compared_with) in [
            ("2026", "2025"),
            ("2026-H1", "2025-H2"),
            ("2026-05", "2026-04"),
            ("2026-03", "2026-02"),
            ("2026-06-15..2026-07-15", "2025-07"),
            // Its own days are free, those beside it are not.
            ("2026-07", "2026-06"),
            ("2027", "2026"),
        ] {
            let edition = edition(period, compared_with, "summer");
            let refused = check(&edition, &[folder.path()]).expect_err(period);
            assert!(
                matches!(refused, EditionError::Overlaps { .. }),
                "{period}: {refused}"
            );
            let said = refused.to_string();
            assert!(said.contains("2026-Q2-en-public"), "{said}");
            assert!(said.contains("--force-public"), "{said}");
        }
    }

    #[test]
    fn the_same_period_from_other_data_is_refused() {
        let folder = published();
        let again = edition("2026-Q2", "2026-Q1", "summer");
        let refused = check(&again, &[folder.path()]).expect_err("refused");
        assert!(
            matches!(refused, EditionError::OtherData { .. }),
            "{refused}"
        );
    }

    #[test]
    fn a_period_does_not_stand_beside_a_part_of_itself() {
        let folder = tempfile::tempdir().expect("a folder");
        let nested = edition("2026-Q2", "2026-05", "spring");
        let refused = check(&nested, &[folder.path()]).expect_err("refused");
        assert!(
            matches!(refused, EditionError::BesideItself { .. }),
            "{refused}"
        );
    }

    #[test]
    fn an_edition_that_does_not_say_what_it_tells_of_is_no_reason_to_go_on() {
        let folder = tempfile::tempdir().expect("a folder");
        keep(
            folder.path(),
            "old",
            r#"{"public": true, "period": "spring"}"#,
        );
        let refused = check(&edition("2030", "2029", "data"), &[folder.path()]);
        assert!(matches!(refused, Err(EditionError::Unreadable { .. })));
        // Nor is a folder that is not there a reason to stop.
        let nowhere = folder.path().join("nowhere");
        check(&edition("2030", "2029", "data"), &[&nowhere]).expect("nothing there");
    }
}
