//! What an earlier layer says of its clusters, taken over where a cluster still holds the same complaints, or few more.
//!
//! Between two full searches the weights of words stand, so a cluster that nobody joined or left would be described
//! in the same words again. One that few joined keeps its label and its exemplar until the next full search, so that an
//! analyst meets in the morning what was there in the evening; only the newcomers are described. Labels of hundreds of
//! thousands of complaints are the dearest step of a night otherwise.

use std::ops::Range;
use std::path::Path;

use rustc_hash::FxHashMap;

use super::complaints::Complaint;
use super::describe::{Bare, Belonging, Found};
use super::layer::KIND;
use redress_domain::cluster::{ClusterId, ClusterLevel};
use redress_lake::derived::read_with_layers;
use redress_lake::reader::{ReadError, read_table};

/// The label of a cluster stands while those who join it in a night are at most one to so many who were there.
const FEW: usize = 10;

/// A cluster as the last layer describes it.
#[derive(Debug)]
pub(super) struct Standing {
    /// Its label, exemplar and cohesion are of the complaints that were there before; newcomers hold a blank place among
    /// those who belong.
    pub found: Found,
    /// Places of the newcomers among the members.
    pub newcomers: Vec<usize>,
}

/// The clusters of a layer with their words.
#[derive(Debug, Default)]
pub struct Descriptions {
    of: FxHashMap<ClusterId, Description>,
    /// Members of all clusters, those of one beside each other, in the layer's order.
    case_keys: Vec<i64>,
    belonging: Vec<Belonging>,
}

#[derive(Debug)]
struct Description {
    label: String,
    exemplar: i64,
    cohesion: f64,
    members: Range<usize>,
}

impl Descriptions {
    /// Reads the layer of a run; `None` where it is gone, was replaced, or cannot be read: its words are found anew then.
    pub fn read(snapshot: &Path, run: &str) -> Option<Self> {
        let (manifest, layers) = read_with_layers(snapshot).ok()?;
        layers
            .iter()
            .find(|layer| layer.kind == KIND && layer.run == run)?;
        let mut found = Descriptions::default();
        found.take_tables(snapshot, &manifest.files).ok()?;
        Some(found)
    }

    fn take_tables(
        &mut self,
        snapshot: &Path,
        files: &[redress_lake::manifest::FileEntry],
    ) -> Result<(), ReadError> {
        let columns = ["cluster_id", "label", "exemplar_case_key", "cohesion"];
        read_table(snapshot, files, "clusters", &columns, |batch| {
            let ids = batch.texts("cluster_id")?;
            let labels = batch.texts("label")?;
            let exemplars = batch.integers("exemplar_case_key")?;
            let cohesions = batch.reals("cohesion")?;
            for row in 0..batch.len() {
                let id = ids[row].and_then(|id| id.parse().ok());
                if let (Some(id), Some(label), Some(exemplar), Some(cohesion)) =
                    (id, labels[row], exemplars[row], cohesions[row])
                {
                    let own = Description {
                        label: label.to_owned(),
                        exemplar,
                        cohesion,
                        members: 0..0,
                    };
                    self.of.insert(id, own);
                }
            }
            Ok(())
        })?;
        let columns = ["cluster_id", "case_key", "similarity", "shared_terms"];
        let mut current = String::new();
        read_table(snapshot, files, "cluster_members", &columns, |batch| {
            let ids = batch.texts("cluster_id")?;
            let keys = batch.integers("case_key")?;
            let similarities = batch.reals("similarity")?;
            let shared = batch.texts("shared_terms")?;
            for row in 0..batch.len() {
                let (Some(id), Some(key)) = (ids[row], keys[row]) else {
                    continue;
                };
                if id != current {
                    self.end_of(&current);
                    self.begin(id);
                    current = id.to_owned();
                }
                self.case_keys.push(key);
                self.belonging.push(Belonging {
                    similarity: similarities[row].unwrap_or(0.0) as f32,
                    shared: shared[row].map(str::to_owned),
                });
            }
            Ok(())
        })?;
        self.end_of(&current);
        Ok(())
    }

    fn begin(&mut self, id: &str) {
        let at = self.case_keys.len();
        if let Some(own) = self.named(id) {
            own.members = at..at;
        }
    }

    fn end_of(&mut self, id: &str) {
        let at = self.case_keys.len();
        if let Some(own) = self.named(id) {
            own.members.end = at;
        }
    }

    fn named(&mut self, id: &str) -> Option<&mut Description> {
        self.of.get_mut(&id.parse().ok()?)
    }

    /// The cluster as it was described, when the complaints that it held are in it still, in the same order, and few
    /// joined them; else the bare one again.
    pub(super) fn take(&mut self, complaints: &[Complaint], bare: Bare) -> Result<Standing, Bare> {
        let (level, id, members) = bare;
        let own = self.of.remove(&id).and_then(|own| {
            let keys = members.iter().map(|at| complaints[*at].case_key);
            let newcomers = newcomers(keys, &self.case_keys[own.members.clone()])?;
            Some((own, newcomers))
        });
        let exemplar = own.as_ref().and_then(|(own, _)| {
            let mut members = members.iter().copied();
            members.find(|at| complaints[*at].case_key == own.exemplar)
        });
        let (Some((own, newcomers)), Some(exemplar)) = (own, exemplar) else {
            return Err((level, id, members));
        };
        let belonging = match level {
            ClusterLevel::Problem => {
                let mut joined = newcomers.iter().copied().peekable();
                let mut known = self.belonging[own.members].iter_mut().map(taken);
                (0..members.len())
                    .filter_map(|place| match joined.next_if_eq(&place) {
                        Some(_) => Some(Belonging::default()),
                        None => known.next(),
                    })
                    .collect()
            }
            ClusterLevel::Theme => Vec::new(),
        };
        let found = Found {
            level,
            id,
            label: own.label,
            exemplar,
            cohesion: own.cohesion,
            belonging,
            members,
        };
        Ok(Standing { found, newcomers })
    }
}

/// Places of the members that are new, when they are few and all others are those of before in the same order.
fn newcomers(members: impl Iterator<Item = i64>, before: &[i64]) -> Option<Vec<usize>> {
    let mut left = before.iter();
    let mut awaited = left.next();
    let mut new = Vec::new();
    for (place, key) in members.enumerate() {
        if awaited == Some(&key) {
            awaited = left.next();
        } else {
            new.push(place);
        }
    }
    (awaited.is_none() && new.len() * FEW <= before.len()).then_some(new)
}

fn taken(own: &mut Belonging) -> Belonging {
    Belonging {
        similarity: own.similarity,
        shared: own.shared.take(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(keys: &[i64]) -> Vec<Complaint> {
        let complaint = |key: &i64| Complaint {
            case_key: *key,
            ..Complaint::default()
        };
        keys.iter().map(complaint).collect()
    }

    /// A problem of the cases 7 and 9 and a theme of the same, as a layer has them.
    fn earlier() -> Descriptions {
        let description = |label: &str, members| Description {
            label: label.to_owned(),
            exemplar: 9,
            cohesion: 0.5,
            members,
        };
        let belonging = |similarity, shared: Option<&str>| Belonging {
            similarity,
            shared: shared.map(str::to_owned),
        };
        Descriptions {
            of: [
                (ClusterId(1), description("lid", 0..2)),
                (ClusterId(2), description("lid, paint", 2..4)),
            ]
            .into_iter()
            .collect(),
            case_keys: vec![7, 9, 7, 9],
            belonging: vec![
                belonging(0.25, Some("lid 0.40")),
                belonging(1.0, Some("lid 0.60")),
                belonging(0.0, None),
                belonging(0.0, None),
            ],
        }
    }

    #[test]
    fn a_cluster_of_the_same_complaints_is_taken_over() {
        let rows = complaints(&[5, 7, 9]);
        let mut earlier = earlier();
        let bare = (ClusterLevel::Problem, ClusterId(1), vec![1, 2]);
        let standing = earlier.take(&rows, bare).expect("the same complaints");
        assert!(standing.newcomers.is_empty());
        let found = standing.found;
        assert_eq!((found.label.as_str(), found.exemplar), ("lid", 2));
        assert_eq!(found.members, [1, 2]);
        assert_eq!(found.belonging[0].shared.as_deref(), Some("lid 0.40"));
        assert_eq!(found.belonging[1].similarity, 1.0);
        let bare = (ClusterLevel::Theme, ClusterId(2), vec![1, 2]);
        let found = earlier
            .take(&rows, bare)
            .expect("the same complaints")
            .found;
        assert_eq!(found.label, "lid, paint");
        assert!(found.belonging.is_empty());
    }

    #[test]
    fn a_cluster_of_other_complaints_is_not() {
        let rows = complaints(&[5, 7, 9]);
        for members in [vec![0, 1, 2], vec![1], vec![0, 2], vec![2, 1]] {
            let bare = (ClusterLevel::Problem, ClusterId(1), members.clone());
            let back = earlier().take(&rows, bare).expect_err("others");
            assert_eq!(back.2, members);
        }
        let unknown = (ClusterLevel::Problem, ClusterId(3), vec![1, 2]);
        assert!(earlier().take(&rows, unknown).is_err());
    }

    #[test]
    fn a_cluster_that_few_joined_keeps_its_words() {
        // Ten complaints with even keys, of which the second is the exemplar.
        let keys: Vec<i64> = (0..10).map(|n| 2 * n).collect();
        let earlier = || Descriptions {
            of: [(
                ClusterId(1),
                Description {
                    label: "lid".to_owned(),
                    exemplar: 2,
                    cohesion: 0.5,
                    members: 0..10,
                },
            )]
            .into_iter()
            .collect(),
            case_keys: keys.clone(),
            belonging: (0..10)
                .map(|n| Belonging {
                    similarity: n as f32 / 10.0,
                    shared: Some(format!("lid 0.{n}")),
                })
                .collect(),
        };
        let with = |more: &[i64]| {
            let mut all = [keys.as_slice(), more].concat();
            all.sort_unstable();
            let rows = complaints(&all);
            let bare = (
                ClusterLevel::Problem,
                ClusterId(1),
                (0..all.len()).collect(),
            );
            earlier().take(&rows, bare)
        };
        let Standing { found, newcomers } = with(&[5]).expect("one joined ten");
        assert_eq!(newcomers, [3]);
        assert_eq!((found.label.as_str(), found.exemplar), ("lid", 1));
        assert_eq!(found.belonging.len(), 11);
        assert_eq!(found.belonging[2].shared.as_deref(), Some("lid 0.2"));
        assert_eq!(found.belonging[3], Belonging::default());
        assert_eq!(found.belonging[4].shared.as_deref(), Some("lid 0.3"));
        assert!(with(&[5, 7]).is_err(), "two joined ten");
    }
}
