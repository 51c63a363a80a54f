//! The analyst's word at the desk: which words a cluster admits, what each asks, and what the book refuses.

use crate::entry::{Field, Wrong};
use crate::visit::Fields;
use crate::words::Words;
use redress_domain::cluster::{BookError, Cluster, ClusterId, ClusterLevel, ClusterState};
use redress_domain::vocabulary::words as list;
use redress_recurrence::word::{Word, WordError};

list! {
    /// What an analyst can say of a cluster.
    Saying {
        Confirm = "confirm", Rename = "rename", Merge = "merge", Split = "split", Move = "move",
        Ignore = "ignore", Heed = "heed", Release = "release",
    }
}

impl Saying {
    /// Whether it can be said of a cluster as it stands.
    pub fn fits(self, cluster: &Cluster) -> bool {
        let problem = cluster.level == ClusterLevel::Problem;
        let bound = cluster.confirmed || !cluster.bound.is_empty() || !cluster.barred.is_empty();
        cluster.state == ClusterState::Standing
            && match self {
                Saying::Confirm => problem && !cluster.confirmed,
                Saying::Release => problem && bound,
                Saying::Rename => true,
                Saying::Ignore => !cluster.ignored,
                Saying::Heed => cluster.ignored,
                Saying::Merge | Saying::Move => problem,
                Saying::Split => problem && cluster.members.len() > 1,
            }
    }

    /// What is asked for it.
    pub fn fields(self, words: &Words, cluster: &Cluster, entered: &Fields) -> Vec<Field> {
        let text = |key: &'static str| words.text(key);
        let mut fields = match self {
            Saying::Confirm | Saying::Release | Saying::Ignore | Saying::Heed => Vec::new(),
            Saying::Rename => vec![
                Field::line("name", text("cluster.name"))
                    .hint(text("cluster.name_hint"))
                    .or(entered, cluster.name.clone().unwrap_or_default()),
            ],
            Saying::Merge => vec![
                Field::line("gone", text("cluster.gone"))
                    .hint(text("cluster.gone_hint"))
                    .of(entered),
            ],
            Saying::Split => vec![
                Field::area("cases", text("cluster.split_cases"), 5)
                    .hint(text("cluster.split_hint"))
                    .of(entered),
            ],
            Saying::Move => vec![
                Field::line("case", text("cluster.move_case")).of(entered),
                Field::line("to", text("cluster.move_to"))
                    .hint(text("cluster.move_hint"))
                    .optional()
                    .or(entered, cluster.id.to_string()),
            ],
        };
        fields.push(Field::area("reason", text("cluster.reason"), 3).of(entered));
        fields
    }

    /// The word that was entered. `core` finds the case that stands for a cluster in the newest search.
    ///
    /// # Errors
    /// What of it cannot be taken.
    pub fn word(
        self,
        words: &Words,
        cluster: &Cluster,
        entered: &Fields,
        core: impl Fn(ClusterId) -> Option<String>,
    ) -> Result<Word, Vec<Wrong>> {
        let id = cluster.id;
        let mut wrongs = Vec::new();
        let mut refuse = |name: &'static str, key: &str| {
            wrongs.push(Wrong::of(name, words.text(key).to_owned()));
        };
        if entered.given("reason").is_none() {
            refuse("reason", "cluster.reason_missing");
        }
        let word = match self {
            Saying::Confirm => Some(Word::Confirm { cluster: id }),
            Saying::Release => Some(Word::Release { cluster: id }),
            Saying::Ignore => Some(Word::Ignore { cluster: id }),
            Saying::Heed => Some(Word::Heed { cluster: id }),
            Saying::Rename => Some(Word::Rename {
                cluster: id,
                name: entered.get("name").to_owned(),
            }),
            Saying::Merge => match entered.get("gone").parse() {
                Ok(gone) => Some(Word::Merge { into: id, gone }),
                Err(_) => {
                    refuse("gone", "cluster.no_number");
                    None
                }
            },
            Saying::Split => {
                let cases: Vec<String> = entered
                    .get("cases")
                    .split([',', ';', ' ', '\n', '\r', '\t'])
                    .filter(|case| !case.is_empty())
                    .map(str::to_owned)
                    .collect();
                match cases.is_empty() {
                    true => {
                        refuse("cases", "cluster.cases_missing");
                        None
                    }
                    false => Some(Word::Split { cluster: id, cases }),
                }
            }
            Saying::Move => {
                let case = entered.text("case");
                if case.is_none() {
                    refuse("case", "cluster.case_missing");
                }
                let to = entered.given("to").map(str::parse::<ClusterId>);
                match (case, to) {
                    (Some(case), None) => Some(Word::Out {
                        case,
                        core: core(id),
                    }),
                    (Some(case), Some(Ok(to))) => Some(Word::Move {
                        case,
                        to,
                        core: core(to),
                    }),
                    (_, Some(Err(_))) => {
                        refuse("to", "cluster.no_number");
                        None
                    }
                    (None, _) => None,
                }
            }
        };
        match word {
            Some(word) if wrongs.is_empty() => Ok(word),
            _ => Err(wrongs),
        }
    }
}

/// Why the book does not take a word.
pub fn refusal(words: &Words, saying: Saying, error: &WordError) -> Wrong {
    // The field in which another cluster or a case is named.
    let field = match saying {
        Saying::Merge => Some("gone"),
        Saying::Split => Some("cases"),
        Saying::Move => Some("case"),
        Saying::Confirm | Saying::Rename | Saying::Ignore | Saying::Heed | Saying::Release => None,
    };
    let key = match error {
        WordError::Book(error) => match error {
            BookError::NoNumber(_) => "no_number",
            BookError::Unknown(_) => "unknown",
            BookError::Gone { .. } => "gone",
            BookError::NotIn { .. } => "not_in",
            BookError::Itself(_) => "itself",
            BookError::MintedTwice(_) | BookError::AlreadyIn { .. } => "moved",
        },
        WordError::OfATheme(_) => "of_a_theme",
        WordError::Nowhere { .. } => "nowhere",
        WordError::AlreadyThere { .. } => "already_there",
        WordError::NoSplit(_) => "no_split",
    };
    let wrong = Wrong {
        field,
        ..Wrong::whole(words.text(&format!("cluster_refused.{key}")))
    };
    wrong.saying(error)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::DateTime;

    use super::*;
    use redress_domain::vocabulary::Language;

    fn cluster(level: ClusterLevel) -> Cluster {
        Cluster {
            id: ClusterId(7),
            level,
            state: ClusterState::Standing,
            members: BTreeSet::from(["a".to_owned(), "b".to_owned()]),
            bound: BTreeSet::new(),
            barred: BTreeSet::new(),
            name: None,
            confirmed: false,
            ignored: false,
            minted_at: DateTime::UNIX_EPOCH,
        }
    }

    fn fitting(cluster: &Cluster) -> Vec<&'static str> {
        Saying::ALL
            .iter()
            .filter(|saying| saying.fits(cluster))
            .map(|saying| saying.as_str())
            .collect()
    }

    #[test]
    fn a_cluster_admits_what_has_not_been_said() {
        let mut problem = cluster(ClusterLevel::Problem);
        assert_eq!(
            fitting(&problem),
            ["confirm", "rename", "merge", "split", "move", "ignore"]
        );
        problem.confirmed = true;
        problem.ignored = true;
        assert_eq!(
            fitting(&problem),
            ["rename", "merge", "split", "move", "heed", "release"]
        );
        problem.state = ClusterState::Vanished;
        assert!(fitting(&problem).is_empty());
        assert_eq!(fitting(&cluster(ClusterLevel::Theme)), ["rename", "ignore"]);
    }

    #[test]
    fn every_word_needs_its_reason() {
        let words = Words::load(Language::Tr).unwrap();
        let problem = cluster(ClusterLevel::Problem);
        let say = |saying: Saying, form: &[(&str, &str)]| {
            let fields = form
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            saying.word(&words, &problem, &Fields(fields), |_| Some("a".to_owned()))
        };
        for saying in Saying::ALL {
            let wrongs =
                say(*saying, &[("case", "a"), ("gone", "C-8"), ("cases", "a")]).unwrap_err();
            assert_eq!(wrongs[0].field, Some("reason"), "{saying}");
        }
        let out = say(Saying::Move, &[("case", "b"), ("reason", "r")]).unwrap();
        assert_eq!(
            out,
            Word::Out {
                case: "b".to_owned(),
                core: Some("a".to_owned())
            }
        );
        let wrongs = say(Saying::Merge, &[("gone", "x"), ("reason", "r")]).unwrap_err();
        assert_eq!(wrongs[0].field, Some("gone"));
    }
}
