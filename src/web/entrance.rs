//! Where a request becomes a visit: language, session, role and fields, in this order, and one place for all routes.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequestParts as _, RawPathParams};
use axum::http::header::{ACCEPT_LANGUAGE, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::routing::{MethodRouter, get, post};
use tokio::sync::Semaphore;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_http::set_header::SetResponseHeaderLayer;

use super::answer::Answer;
use super::app::App;
use super::error::{Result, WebError};
use super::resume::{self, Kept};
use super::routes::{self, Access, Route, Verb};
use super::session::{self, Kind};
use super::visit::{Fields, Visit, Visitor};
use super::visits::Opens;
use super::{api, desk, form, held, logging, public, request_id};
use redress_domain::vocabulary::Language;
use redress_register::RegisterError;

/// The network address at the other end, put into a request by the server.
#[derive(Debug, Clone)]
pub struct Peer(pub Option<IpAddr>);

/// Hashes that are computed at a time: argon2 takes 19 MiB and all of a core.
const HASHES_AT_A_TIME: usize = 2;
/// Handlers that run at a time; the others wait.
const HANDLERS_AT_A_TIME: usize = 32;

/// What is allowed in a page: what comes from this site, and no script within the page.
const POLICY: &str = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; script-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(&str, &str); 5] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    (
        "permissions-policy",
        "geolocation=(), microphone=(), payment=()",
    ),
];

/// The route that answered, in the router's notation: it holds no number of a case.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matched(pub &'static str);

/// The shared part of all requests.
struct Entrance {
    app: Arc<App>,
    hashing: Semaphore,
    handling: Semaphore,
    clock: Clock,
}

/// Reads the clock; a test has its own.
pub type Clock = Arc<dyn Fn() -> chrono::DateTime<chrono::Utc> + Send + Sync>;

/// The site as a service.
///
/// # Errors
/// When a trusted origin of the settings is no origin.
pub fn site(app: Arc<App>, clock: Clock) -> Result<Router> {
    let mut csrf = CsrfLayer::new();
    for origin in &app.settings.trusted_origins {
        csrf = csrf
            .add_trusted_origin(origin)
            .map_err(|e| WebError::Other(format!("trusted origin {origin}: {e}")))?;
    }
    let entrance = Arc::new(Entrance {
        app,
        hashing: Semaphore::new(HASHES_AT_A_TIME),
        handling: Semaphore::new(HANDLERS_AT_A_TIME),
        clock,
    });
    let mut paths: BTreeMap<&str, MethodRouter> = BTreeMap::new();
    for route in routes::all() {
        let entrance = Arc::clone(&entrance);
        let answer = move |request: Request<Body>| entered(Arc::clone(&entrance), route, request);
        let held = paths.remove(route.path).unwrap_or_default();
        let held = match route.verb {
            Verb::Get => held.merge(get(answer)),
            Verb::Post => held.merge(post(answer)),
        };
        paths.insert(route.path, held);
    }
    let mut router = Router::new();
    for (path, methods) in paths {
        let methods = match api::is_of_programs(path) {
            true => {
                methods.fallback(move || async move { api::other_method(path).into_response() })
            }
            false => methods,
        };
        router = router.route(path, methods);
    }
    let lost = Arc::clone(&entrance);
    let refusing = Arc::clone(&entrance);
    router = router
        .fallback(move |request: Request<Body>| not_found(Arc::clone(&lost), request))
        .layer(csrf)
        .layer(from_fn(move |request, next| {
            from_elsewhere(Arc::clone(&refusing), request, next)
        }))
        // The framework's own limit would cut photographs at two mebibytes; ours counts what a form brings.
        .layer(DefaultBodyLimit::max(
            usize::try_from((form::MOST_MIB + 1) << 20).unwrap_or(usize::MAX),
        ));
    for (name, value) in HEADERS {
        router = router.layer(SetResponseHeaderLayer::if_not_present(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        ));
    }
    if entrance.app.settings.secure_cookies {
        router = router.layer(SetResponseHeaderLayer::if_not_present(
            HeaderName::from_static("strict-transport-security"),
            HeaderValue::from_static("max-age=31536000"),
        ));
    }
    Ok(router)
}

async fn not_found(entrance: Arc<Entrance>, request: Request<Body>) -> Response<Body> {
    let visit = entrance.bare(request.headers(), &request);
    failure(&entrance.app, &visit, &WebError::NotFound).into_response()
}

/// The page of a form that was refused since another site sent it; the refusal itself has no words.
async fn from_elsewhere(
    entrance: Arc<Entrance>,
    request: Request<Body>,
    next: Next,
) -> Response<Body> {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let visit = entrance.bare(request.headers(), &request);
    let response = next.run(request).await;
    match response.extensions().get::<ProtectionError>() {
        Some(_) => failure(&entrance.app, &visit, &WebError::OtherSite).into_response(),
        None => response,
    }
}

/// One request on one route; the answer says which, for logs and figures.
async fn entered(
    entrance: Arc<Entrance>,
    route: &'static Route,
    request: Request<Body>,
) -> Response<Body> {
    let mut response = answered(entrance, route, request).await;
    response.extensions_mut().insert(Matched(route.path));
    response
}

async fn answered(
    entrance: Arc<Entrance>,
    route: &'static Route,
    request: Request<Body>,
) -> Response<Body> {
    let mut visit = entrance.bare(request.headers(), &request);
    // A chosen language is remembered, and the page asked for again without the choice.
    if route.verb == Verb::Get
        && visit.program.is_none()
        && let Ok(language) = visit.query.get("lang").parse::<Language>()
    {
        let secure = entrance.app.settings.secure_cookies;
        let to = without(&visit.address, "lang");
        return Answer::see(to)
            .cookie(session::language(language, secure))
            .into_response();
    }
    let headers = request.headers().clone();
    match read(&mut visit, request).await {
        Ok(()) => {}
        Err(error) => return failure(&entrance.app, &visit, &error).into_response(),
    }
    // A form that is sent to be shown in another language: the choice is remembered too.
    let turned: Option<Language> = visit.form.get(resume::LANGUAGE).parse().ok();
    visit.language = turned.unwrap_or(visit.language);
    let (permits, hashing) = if route.hashes_for(&visit.form) {
        let waiting = entrance.app.metrics.waits_to_hash();
        let permit = entrance.hashing.acquire().await;
        drop(waiting);
        (permit, Some(entrance.app.metrics.hashes()))
    } else {
        (entrance.handling.acquire().await, None)
    };
    let app = Arc::clone(&entrance.app);
    // What a handler writes into the log stands under its request's number.
    let span = tracing::error_span!("request", id = visit.request_id, route = route.path);
    let work = tokio::task::spawn_blocking(move || {
        let _under = span.entered();
        let answer = allowed(&app, &mut visit, route, &headers)
            .and_then(|refused| refused.map_or_else(|| handled(&app, &mut visit, route), Ok));
        answer.unwrap_or_else(|error| failure(&app, &visit, &error))
    });
    let answer = work.await;
    drop(permits);
    drop(hashing);
    match answer {
        Ok(answer) => match turned {
            Some(language) => {
                let secure = entrance.app.settings.secure_cookies;
                let cookie = session::language(language, secure);
                answer.cookie(cookie).into_response()
            }
            None => answer.into_response(),
        },
        Err(error) => {
            logging::panicked(route.path, &error);
            if api::is_of_programs(route.path) {
                return api::broken().into_response();
            }
            Answer::html("The page could not be made.".to_owned())
                .status(StatusCode::INTERNAL_SERVER_ERROR)
                .into_response()
        }
    }
}

/// What the route's handler answers. A form that only turns to another language is shown again, and files of the desk's
/// forms are held until the form is taken.
fn handled(app: &App, visit: &mut Visit, route: &Route) -> Result<Answer> {
    let turns = visit.turns_language();
    let handler = match route.turned {
        Some(turned) if turns => turned,
        Some(_) | None => route.handler,
    };
    match (route.access, visit.case_key()) {
        (Access::Complainant, Some(case_key)) if turns => {
            let kept = Kept::of(&visit.address, &visit.form);
            public::add::keep_files(app, visit)?;
            public::track::go_on(app, visit, case_key, Some(kept))
        }
        // A button alone, without a page of its own: nothing was entered, and nothing is done.
        (Access::Staff(_), _) if turns && route.turned.is_none() => Ok(Answer::see("/desk")),
        (Access::Staff(_), _) => {
            if turns {
                desk::turning::rename(app, visit);
            }
            held::handled(app, visit, handler)
        }
        (Access::Complainant | Access::Anyone | Access::NewStaff | Access::Integration(_), _) => {
            handler(app, visit)
        }
    }
}

/// The path's parts and the form's fields.
async fn read(visit: &mut Visit, request: Request<Body>) -> Result<()> {
    let (mut parts, body) = request.into_parts();
    if let Ok(params) = RawPathParams::from_request_parts(&mut parts, &()).await {
        visit.places = params
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
    }
    if visit.program.is_some() {
        api::read(visit, Request::from_parts(parts, body)).await;
        return Ok(());
    }
    if parts.method == axum::http::Method::POST {
        let (form, files) = form::read(Request::from_parts(parts, body)).await?;
        visit.form = form;
        visit.files = files;
    }
    Ok(())
}

/// Looks who it is and whether they may: nothing where they may, else the page that says what to do.
fn allowed(
    app: &App,
    visit: &mut Visit,
    route: &Route,
    headers: &HeaderMap,
) -> Result<Option<Answer>> {
    let secure = app.settings.secure_cookies;
    match route.access {
        Access::Anyone => Ok(None),
        Access::Integration(scope) => api::admit(app, visit, headers, scope),
        Access::Complainant => {
            let token = session::token(headers, Kind::Case, secure);
            let opens = find(app, token.as_deref(), visit)?;
            match opens {
                Some(Opens::Case { case_key }) => {
                    visit.visitor = Visitor::Complainant { case_key };
                    visit.token = token;
                    Ok(None)
                }
                Some(Opens::Desk { .. }) | None => {
                    let kept = held::of_complainant(app, visit)?;
                    public::track::ask(app, visit, Some(kept)).map(Some)
                }
            }
        }
        Access::Staff(_) | Access::NewStaff => {
            let token = session::token(headers, Kind::Desk, secure);
            let staff = match find(app, token.as_deref(), visit)? {
                Some(Opens::Desk { staff }) => match app.register(|r| r.staff(&staff)) {
                    Ok(staff) => Some(staff).filter(|staff| staff.active),
                    Err(RegisterError::NoSuch { .. }) => None,
                    Err(error) => return Err(error.into()),
                },
                Some(Opens::Case { .. }) | None => None,
            };
            let Some(staff) = staff else {
                // A stranger's files are not held: whoever had a session still has its cookie.
                let kept = match token {
                    Some(_) => held::of_staff(app, visit)?,
                    None => Kept::of(&visit.address, &visit.form),
                };
                return desk::sign_in::ask(app, visit, Some(kept)).map(Some);
            };
            visit.token = token;
            let must_change = staff.must_change;
            let owes_factor = app.register(|r| r.owes_second_factor(&staff))?;
            visit.visitor = Visitor::Staff(Box::new(staff));
            match route.access {
                Access::Staff(_) if must_change => Ok(Some(Answer::see("/desk/password"))),
                Access::Staff(_) if owes_factor => Ok(Some(Answer::see("/desk/second-factor"))),
                Access::Staff(roles) if !visit.has_role(roles) => Err(WebError::Forbidden),
                Access::Staff(_)
                | Access::NewStaff
                | Access::Anyone
                | Access::Complainant
                | Access::Integration(_) => Ok(None),
            }
        }
    }
}

fn find(app: &App, token: Option<&str>, visit: &Visit) -> Result<Option<Opens>> {
    match token {
        Some(token) => app.visits.find(token, visit.now),
        None => Ok(None),
    }
}

impl Entrance {
    /// A visit before anything of its body was read.
    fn bare(&self, headers: &HeaderMap, request: &Request<Body>) -> Visit {
        let uri = request.uri();
        let address = uri
            .path_and_query()
            .map_or("/", |address| address.as_str())
            .to_owned();
        let program = api::Program::of(uri.path(), headers);
        let chosen = match program {
            // A program's answers are for its log: always in one language, whatever cookies say.
            Some(_) => Some(Language::En),
            None => session::chosen(headers),
        };
        let language = chosen
            .or_else(|| {
                let header = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
                session::accepted(header)
            })
            .unwrap_or(self.app.settings.language);
        Visit {
            now: (self.clock)(),
            language,
            visitor: Visitor::Nobody,
            address: if resume::is_ours(&address) {
                address
            } else {
                "/".to_owned()
            },
            places: BTreeMap::new(),
            query: form::pairs(uri.query().unwrap_or("").as_bytes()).unwrap_or_default(),
            form: Fields::default(),
            files: Vec::new(),
            from: self.address(headers, request),
            token: None,
            request_id: request_id::given(request.extensions()),
            program,
        }
    }

    /// The visitor's address: the last one that our own proxy added, or the connection's.
    fn address(&self, headers: &HeaderMap, request: &Request<Body>) -> String {
        let given = self
            .app
            .settings
            .address_header
            .as_deref()
            .and_then(|name| {
                let value = headers.get_all(name).iter().next_back()?.to_str().ok()?;
                let last = value.rsplit(',').next()?.trim();
                last.parse::<IpAddr>().ok()
            });
        let peer = request.extensions().get::<Peer>().and_then(|peer| peer.0);
        given
            .or(peer)
            .map_or_else(|| "local".to_owned(), |address| address.to_string())
    }
}

/// The page that says what went wrong.
fn failure(app: &App, visit: &Visit, error: &WebError) -> Answer {
    if visit.program.is_some() {
        return api::failure(&visit.request_id, error);
    }
    let (status, key) = match error {
        WebError::NotFound | WebError::Register(RegisterError::NoSuch { .. }) => {
            (StatusCode::NOT_FOUND, "not_found")
        }
        WebError::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
        WebError::OtherSite => (StatusCode::FORBIDDEN, "other_site"),
        WebError::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many"),
        WebError::BadForm { .. } => (StatusCode::BAD_REQUEST, "bad_form"),
        WebError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
        WebError::Register(RegisterError::Busy { .. }) => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
        WebError::Register(RegisterError::Changed { .. }) => (StatusCode::CONFLICT, "changed"),
        WebError::Register(RegisterError::DiskFull { .. }) => {
            (StatusCode::INSUFFICIENT_STORAGE, "full")
        }
        WebError::Register(_)
        | WebError::Rules(_)
        | WebError::Rule(_)
        | WebError::Calendar(_)
        | WebError::Limit(_)
        | WebError::Visits { .. }
        | WebError::Random(_)
        | WebError::Words(_)
        | WebError::Translation { .. }
        | WebError::Form(_)
        | WebError::Template(_)
        | WebError::Other(_) => (StatusCode::INTERNAL_SERVER_ERROR, "broken"),
    };
    if status.is_server_error() {
        logging::failed(&visit.request_id, error);
    }
    match public::failure::page(app, visit, key, error) {
        Ok(answer) => answer.status(status),
        Err(_) => Answer::html("The page could not be made.".to_owned())
            .status(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// An address without a part of its query.
fn without(address: &str, name: &str) -> String {
    let Some((path, query)) = address.split_once('?') else {
        return address.to_owned();
    };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| pair.split('=').next() != Some(name))
        .collect();
    match kept.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{}", kept.join("&")),
    }
}
