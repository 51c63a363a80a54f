//! The cases of an action that its source no longer has.

use redress_domain::action::{Action, Check};
use redress_domain::gone_case::GoneCase;
use redress_register::{Register, Result};

/// The cases of an action that are gone from their source, by number: those in its scope, which count in its months still,
/// and those that it answers.
///
/// # Errors
/// When the register cannot be read.
pub fn gone_of(register: &Register, action: &Action) -> Result<Vec<GoneCase>> {
    let Some(source) = source_of(register, action)? else {
        return Ok(Vec::new());
    };
    let book = register.cluster_book(&source, None)?.book;
    let scope = action
        .scope()
        .map(|scope| scope.with_clusters(|id| book.follow(id).map_or(id, |found| found.id)));
    let mut gone = register.gone_cases(&source, None)?;
    gone.retain(|case| {
        action.opened.cases.contains(&case.case_id)
            || scope
                .as_ref()
                .is_some_and(|scope| !case.is_merged() && case.is_in(scope, &book))
    });
    Ok(gone)
}

/// The source of an action's cases: that on which its check was fixed, else the one that was read when it was opened.
/// Actions from before that was recorded: that of the cluster which the scope names, else the only one that there is.
fn source_of(register: &Register, action: &Action) -> Result<Option<String>> {
    if let Some(Check::Rate(check)) = action.round().check().map(|fixed| &fixed.check) {
        return Ok(Some(check.foreseen.source.clone()));
    }
    if let Some(source) = &action.opened.case_source {
        return Ok(Some(source.clone()));
    }
    let named = action.scope().and_then(|s| s.clusters().first().copied());
    if let Some(id) = named {
        return Ok(register.cluster_source(id).ok());
    }
    Ok(match register.known_sources()?.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    })
}
