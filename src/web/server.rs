//! Listening: connections with limits of their own, and an end that lets running requests finish.
//!
//! The loop is ours and not the web framework's, since it has to bound what a stranger can hold open: the
//! time until a request's head is there, the time of a whole request, and the number of connections.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt as _;

pub mod edge;
mod listener;
pub mod trusted;

use self::edge::Edge;
use self::listener::{Listener, Stream};
use self::trusted::Trusted;
use super::app::App;
use super::entrance::Clock;
use super::error::WebError;
use super::metrics;

/// Where the server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    Tcp(SocketAddr),
    /// A socket of this machine, for a proxy, with the bits of its mode: who may write to it may ask.
    Unix {
        path: PathBuf,
        mode: u32,
    },
}

/// What the server serves, where, and for how long.
pub struct Serving {
    pub listen: Listen,
    /// Where figures and health are served apart from the site; nowhere when there is none.
    pub metrics: Option<Listen>,
    /// Whose headers are believed.
    pub trusted: Trusted,
    pub clock: Clock,
    /// How long running requests have to finish when the server ends.
    pub finish_within: Duration,
}

/// How the server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Everything under way was answered.
    Finished,
    /// Something was not answered within its time.
    Late,
    /// A second wish to end came while requests were under way.
    AtOnce,
}

/// The time within which the head of a request has to be there.
const HEAD_WITHIN: Duration = Duration::from_secs(15);
/// The time of a whole request, uploads over a slow telephone line included.
const REQUEST_WITHIN: Duration = Duration::from_secs(180);
/// Connections at a time; further ones wait.
const CONNECTIONS: usize = 1024;
/// Connections at a time of those who watch the server.
const WATCHERS: usize = 16;
/// The pause after a connection that could not be taken: when too many files are open, the next fails as well.
const AFTER_A_FAULT: Duration = Duration::from_millis(100);

/// Serves until `ended` comes, then answers what is under way, unless `at_once` comes too.
///
/// # Errors
/// When an address cannot be listened on, or the settings are at fault.
pub async fn serve(
    app: Arc<App>,
    serving: Serving,
    ready: impl FnOnce(&str),
    ended: impl Future<Output = ()>,
    at_once: impl Future<Output = ()>,
) -> Result<Ended, WebError> {
    let figures = metrics::router(&app, &serving.clock);
    let edge = Edge::new(app, serving.clock, serving.trusted)?;
    let listener = Listener::bind(&serving.listen).await?;
    let watchers = match &serving.metrics {
        Some(listen) => Some(Listener::bind(listen).await?),
        None => None,
    };
    ready(&listener.address());
    let graceful = GracefulShutdown::new();
    {
        let site = accept(&listener, CONNECTIONS, &graceful, Answering::Site(edge));
        let beside = async {
            match &watchers {
                Some(listener) => {
                    accept(listener, WATCHERS, &graceful, Answering::Figures(figures)).await;
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = site => {}
            () = beside => {}
            () = ended => {}
        }
    }
    // Nobody else gets in, and a socket's file is gone: another server may begin.
    drop((listener, watchers));
    tokio::select! {
        finished = tokio::time::timeout(serving.finish_within, graceful.shutdown()) => match finished {
            Ok(()) => Ok(Ended::Finished),
            Err(_) => {
                tracing::warn!("some requests did not finish in time");
                Ok(Ended::Late)
            }
        },
        () = at_once => Ok(Ended::AtOnce),
    }
}

/// What answers on a listener.
#[derive(Clone)]
enum Answering {
    Site(Edge),
    Figures(Router),
}

impl Answering {
    async fn answer(
        &self,
        request: Request<Body>,
        peer: Option<IpAddr>,
    ) -> Result<Response<Body>, Infallible> {
        match self {
            Answering::Site(edge) => Ok(edge.answer(request, peer).await),
            Answering::Figures(router) => router.clone().oneshot(request).await,
        }
    }
}

/// Takes connections for good; each has a task of its own.
async fn accept(
    listener: &Listener,
    most: usize,
    graceful: &GracefulShutdown,
    answering: Answering,
) {
    let places = Arc::new(Semaphore::new(most));
    loop {
        let place = Arc::clone(&places).acquire_owned().await.ok();
        match listener.accept().await {
            Ok((stream, peer)) => connection(stream, peer, answering.clone(), graceful, place),
            // One connection failed (or too many files are open): the others go on.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(AFTER_A_FAULT).await;
            }
        }
    }
}

fn connection(
    stream: Stream,
    peer: Option<IpAddr>,
    answering: Answering,
    graceful: &GracefulShutdown,
    place: Option<OwnedSemaphorePermit>,
) {
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let answering = answering.clone();
        async move { answering.answer(request.map(Body::new), peer).await }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_headers(64)
        .serve_connection(TokioIo::new(stream), service);
    let watched = graceful.watch(served);
    tokio::spawn(async move {
        // A visitor who hangs up is no fault of ours.
        let _ = watched.await;
        drop(place);
    });
}
