//! Where an action comes from: that what is named is there, the scope that it brings along, and the source whose cases
//! it is about.

use redress_domain::action::{ActionSource, Opened};
use redress_domain::cluster::{BookError, ClusterId};
use redress_domain::improvement::{RecordKind, RecordRefusal};
use redress_domain::scope::Scope;
use redress_lake::manifest::Manifest;
use redress_lake::store::Lake;
use redress_register::{Register, RegisterError};

/// Why a source is not taken.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It is no number of a record.
    #[error(transparent)]
    Number(#[from] RecordRefusal),
    /// It is no number of a cluster, or of one that never was.
    #[error(transparent)]
    Cluster(#[from] BookError),
    /// There is no such record.
    #[error(transparent)]
    Record(RegisterError),
    /// The register cannot say whether there is such a cluster.
    #[error(transparent)]
    Register(RegisterError),
}

/// A cluster, audit, review or suggestion that is named has to be there. Cases may be those of another store.
///
/// # Errors
/// When it is no number of that kind, or there is none of that number.
pub fn check_reference(
    register: &Register,
    source: ActionSource,
    reference: &str,
) -> Result<(), SourceError> {
    let record = |kind: RecordKind| {
        let number = kind.number(reference)?;
        register
            .record(kind, number, None)
            .map(|_| ())
            .map_err(SourceError::Record)
    };
    match source {
        ActionSource::Audit => record(RecordKind::Audit),
        ActionSource::Review => record(RecordKind::Review),
        ActionSource::Suggestion => record(RecordKind::Suggestion),
        ActionSource::Cluster => {
            let id: ClusterId = reference.parse()?;
            match register.cluster_source(id) {
                Ok(_) => Ok(()),
                Err(RegisterError::Book(error)) => Err(error.into()),
                Err(error) => Err(SourceError::Register(error)),
            }
        }
        ActionSource::Case => Ok(()),
    }
}

/// The scope of an action that names none: that of the cluster which raised it.
pub fn scope_of(source: ActionSource, reference: Option<&str>) -> Option<Scope> {
    match (source, reference) {
        (ActionSource::Cluster, Some(cluster)) => format!("cluster = {cluster}").parse().ok(),
        _ => None,
    }
}

/// The cases that an action answers: those named, and the one that raised it.
pub fn cases_of(source: ActionSource, reference: Option<&str>, named: &[String]) -> Vec<String> {
    let mut cases = named.to_vec();
    if source == ActionSource::Case
        && let Some(case) = reference
        && !cases.iter().any(|known| known == case)
    {
        cases.push(case.to_owned());
    }
    cases
}

/// The source whose cases an action is about that is being opened: that of the cluster which its scope names, else that
/// of the newest snapshot, on which its scope is counted and whose numbers people see.
///
/// `None` where it is about no cases, or nothing was read yet: a lake that cannot be asked hinders no opening.
pub fn case_source(register: &Register, lake: &Lake, opened: &Opened) -> Option<String> {
    if opened.scope.is_none() && opened.cases.is_empty() {
        return None;
    }
    let named = opened
        .scope
        .as_ref()
        .and_then(|s| s.clusters().first().copied());
    if let Some(source) = named.and_then(|id| register.cluster_source(id).ok()) {
        return Some(source);
    }
    let newest = lake.snapshot(None).ok()?;
    let manifest = Manifest::read(&newest).ok()?;
    Some(manifest.source_key().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_brings_its_own_scope_and_a_case_itself() {
        let scope = scope_of(ActionSource::Cluster, Some("C-000017")).expect("a scope");
        assert_eq!(scope.to_string(), "cluster = C-000017");
        assert_eq!(scope_of(ActionSource::Case, Some("2026-000001")), None);
        let named = ["2026-000002".to_owned()];
        let cases = |reference| cases_of(ActionSource::Case, Some(reference), &named);
        assert_eq!(cases("2026-000001"), ["2026-000002", "2026-000001"]);
        assert_eq!(cases("2026-000002"), ["2026-000002"]);
    }
}
