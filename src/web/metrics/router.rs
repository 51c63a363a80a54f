//! The listener of those who run the server: figures and health, apart from the site, so that no proxy of the site
//! can pass them on by mistake.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{Response, StatusCode};
use axum::routing::get;

use super::MEDIA_TYPE;
use crate::app::App;
use crate::entrance::Clock;
use crate::logging;

/// Answers `/metrics`, `/healthz` and `/readyz`.
pub fn router(app: &Arc<App>, clock: &Clock) -> Router {
    let answers = |handler: fn(&App, &Clock) -> Response<Body>| {
        let (app, clock) = (Arc::clone(app), Arc::clone(clock));
        get(move || async move {
            // Counting reads the register: not on a thread that answers others.
            tokio::task::spawn_blocking(move || handler(&app, &clock))
                .await
                .unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR, String::new()))
        })
    };
    Router::new()
        .route("/metrics", answers(figures))
        .route("/healthz", answers(alive))
        .route("/readyz", answers(ready))
}

fn figures(app: &App, clock: &Clock) -> Response<Body> {
    match super::text(app, clock()) {
        Ok(text) => typed(StatusCode::OK, MEDIA_TYPE, text),
        Err(error) => {
            logging::failed("", &error);
            plain(StatusCode::INTERNAL_SERVER_ERROR, String::new())
        }
    }
}

fn alive(_: &App, _: &Clock) -> Response<Body> {
    plain(StatusCode::OK, "alive\n".to_owned())
}

fn ready(app: &App, clock: &Clock) -> Response<Body> {
    let findings = app.readiness.findings(&app.settings.register, clock());
    let status = match findings.is_ready() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    plain(status, findings.in_words())
}

fn plain(status: StatusCode, text: String) -> Response<Body> {
    typed(status, "text/plain; charset=utf-8", text)
}

fn typed(status: StatusCode, media_type: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        axum::http::HeaderValue::from_static(media_type),
    );
    headers.insert(
        CACHE_CONTROL,
        axum::http::HeaderValue::from_static("no-store"),
    );
    response
}
