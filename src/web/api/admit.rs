//! Who a program is, and how often it may ask.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use chrono::{DateTime, Utc};

use super::problem::{Code, Problem};
use crate::answer::Answer;
use crate::app::App;
use crate::error::Result;
use crate::visit::{Visit, Visitor};
use redress_register::{Integration, Scope, TOKEN_PREFIX};

/// Looks whose token it is and whether it opens the route: nothing where it does, else the problem.
///
/// # Errors
/// When the register cannot be read.
pub fn admit(
    app: &App,
    visit: &mut Visit,
    headers: &HeaderMap,
    scope: Scope,
) -> Result<Option<Answer>> {
    let refused = |problem: Problem| Ok(Some(problem.answer()));
    let Some(token) = bearer(headers) else {
        return refused(Problem::unauthorized(
            "show a token: Authorization: Bearer redress_…",
            "Bearer realm=\"redress\"",
        ));
    };
    let now = visit.now;
    let known = app.register(|register| register.integration_of(token, now))?;
    let Some(integration) = known else {
        return refused(Problem::unauthorized(
            "the token is unknown, revoked or past its time",
            "Bearer realm=\"redress\", error=\"invalid_token\"",
        ));
    };
    if let Err(wait) = app.allowance.take(&integration, now) {
        return refused(Problem::too_many(wait));
    }
    if !integration.scopes.contains(&scope) {
        return refused(
            Problem::new(Code::ScopeMissing, "a token with this scope is needed")
                .with("scope", scope.as_str()),
        );
    }
    visit.visitor = Visitor::Staff(Box::new(integration.as_staff()));
    if !visit.has_role(scope.roles()) {
        return refused(Problem::new(
            Code::RoleMissing,
            "none of the token's roles uses this scope",
        ));
    }
    let unfit = visit.program.as_ref().and_then(|program| program.unfit());
    match unfit {
        Some(problem) => refused(problem.clone()),
        None => Ok(None),
    }
}

/// The token of a request (RFC 6750, 2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && token.starts_with(TOKEN_PREFIX)).then_some(token)
}

/// How much each integration has asked for lately. It is kept in memory: a restart gives everybody a full allowance.
#[derive(Debug, Default)]
pub struct Allowance {
    left: Mutex<BTreeMap<i64, Left>>,
}

/// What is left to an integration: up to a minute's worth, refilled evenly.
#[derive(Debug, Clone, Copy)]
struct Left {
    requests: f64,
    at: DateTime<Utc>,
}

impl Allowance {
    /// Takes one request out of an integration's allowance.
    ///
    /// # Errors
    /// When nothing is left: the seconds until there is.
    pub fn take(
        &self,
        integration: &Integration,
        now: DateTime<Utc>,
    ) -> std::result::Result<(), u64> {
        let most = f64::from(integration.per_minute);
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = left.entry(integration.token_id).or_insert(Left {
            requests: most,
            at: now,
        });
        let passed = (now - mine.at).num_milliseconds().max(0) as f64 / 1_000.0;
        mine.requests = (mine.requests + passed * most / 60.0).min(most);
        mine.at = now;
        if mine.requests >= 1.0 {
            mine.requests -= 1.0;
            return Ok(());
        }
        let seconds = ((1.0 - mine.requests) * 60.0 / most).ceil();
        // At least one second, at most a minute: it fits.
        Err(seconds.clamp(1.0, 60.0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn integration(per_minute: u32) -> Integration {
        Integration {
            token_id: 1,
            name: "erp".to_owned(),
            scopes: Vec::new(),
            roles: Vec::new(),
            department: None,
            site: None,
            per_minute,
            created_at: DateTime::UNIX_EPOCH,
            expires_at: None,
            last_used_at: None,
            revoked_at: None,
        }
    }

    #[test]
    fn an_allowance_is_used_up_and_comes_back_evenly() {
        let (allowance, erp) = (Allowance::default(), integration(6));
        let begin = DateTime::UNIX_EPOCH;
        for _ in 0..6 {
            assert_eq!(allowance.take(&erp, begin), Ok(()));
        }
        // Six a minute are one in ten seconds.
        assert_eq!(allowance.take(&erp, begin), Err(10));
        assert_eq!(allowance.take(&erp, begin + TimeDelta::seconds(4)), Err(6));
        assert_eq!(allowance.take(&erp, begin + TimeDelta::seconds(10)), Ok(()));
        assert_eq!(
            allowance.take(&erp, begin + TimeDelta::seconds(10)),
            Err(10)
        );
        let other = Integration {
            token_id: 2,
            ..integration(1)
        };
        assert_eq!(allowance.take(&other, begin), Ok(()));
        // However long nobody asked, a minute's worth is the most.
        let later = begin + TimeDelta::hours(5);
        for _ in 0..6 {
            assert_eq!(allowance.take(&erp, later), Ok(()));
        }
        assert!(allowance.take(&erp, later).is_err());
    }

    #[test]
    fn only_a_bearer_token_of_ours_is_one() {
        let shown = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value.parse().unwrap());
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(shown("Bearer redress_ab"), Some("redress_ab".to_owned()));
        assert_eq!(shown("bearer  redress_ab "), Some("redress_ab".to_owned()));
        assert_eq!(shown("Basic cmVkcmVzc18="), None);
        assert_eq!(shown("Bearer other"), None);
        assert_eq!(shown("redress_ab"), None);
    }
}
