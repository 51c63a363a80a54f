//! What every request passes before the site: whose headers are believed, its number, the line in the log, the figures.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::header::HeaderName;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode};
use tower::ServiceExt as _;
use tower_http::timeout::TimeoutLayer;

use super::REQUEST_WITHIN;
use super::trusted::Trusted;
use crate::app::App;
use crate::entrance::{self, Clock, Matched, Peer};
use crate::error::{Result, WebError};
use crate::{logging, request_id};

/// The site with its edge.
#[derive(Clone)]
pub struct Edge {
    app: Arc<App>,
    site: Router,
    trusted: Arc<Trusted>,
    /// The headers that only a trusted proxy may set.
    proxys: Vec<HeaderName>,
    /// Whether somebody was told that an address was not believed.
    told: Arc<AtomicBool>,
}

impl Edge {
    /// The site of an app, read by this clock, behind these proxies.
    ///
    /// # Errors
    /// When the settings name no origin or no header where they should.
    pub fn new(app: Arc<App>, clock: Clock, trusted: Trusted) -> Result<Edge> {
        let site = entrance::site(Arc::clone(&app), clock)?.layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            REQUEST_WITHIN,
        ));
        let mut proxys = vec![HeaderName::from_static(request_id::HEADER)];
        if let Some(name) = &app.settings.address_header {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
                WebError::Other(format!("address_header: `{name}` is no name of a header"))
            })?;
            proxys.push(name);
        }
        Ok(Edge {
            app,
            site,
            trusted: Arc::new(trusted),
            proxys,
            told: Arc::default(),
        })
    }

    /// Answers a request of who connected from there; `None`: through a socket of this machine.
    pub async fn answer(&self, mut request: Request<Body>, peer: Option<IpAddr>) -> Response<Body> {
        let began = Instant::now();
        let trusted = self.trusted.holds(peer);
        if !trusted {
            for name in &self.proxys {
                let is_there = request.headers_mut().remove(name).is_some();
                if is_there && name.as_str() != request_id::HEADER {
                    self.not_believed();
                }
            }
        }
        let Ok(id) = request_id::of(request.headers(), trusted) else {
            return refused(StatusCode::INTERNAL_SERVER_ERROR);
        };
        let method = named(request.method());
        request.extensions_mut().insert(Peer(peer));
        request.extensions_mut().insert(id.clone());
        let mut response = match self.site.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        if let Ok(value) = HeaderValue::from_str(&id.0) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(request_id::HEADER), value);
        }
        let route = response
            .extensions()
            .get::<Matched>()
            .map_or(NO_ROUTE, |matched| matched.0);
        let status = response.status().as_u16();
        let took = began.elapsed();
        self.app.metrics.answered(method, route, status, took);
        logging::answered(&id.0, method, route, status, took);
        response
    }

    /// Says once that a visitor's address came from where no proxy is trusted: behind a proxy that was forgotten all
    /// visitors share one limit on tries, and nobody would see why.
    fn not_believed(&self) {
        if !self.told.swap(true, Ordering::Relaxed) {
            logging::address_not_believed();
        }
    }
}

/// What stands for a request that no route answered: a path of a stranger's making belongs into no log and no figure.
const NO_ROUTE: &str = "none";

/// A method by one of few names: a stranger invents no further ones.
fn named(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

fn refused(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
