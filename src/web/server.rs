//! Listening: connections with limits of their own, and an end that lets running requests finish.
//!
//! The loop is ours and not the web framework's, since it has to bound what a stranger can hold open: the
//! time until a request's head is there, the time of a whole request, and the number of connections.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt as _;
use tower_http::timeout::TimeoutLayer;

use super::app::App;
use super::entrance::{self, Clock, Peer};
use super::error::WebError;

/// Where the server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    Tcp(SocketAddr),
    /// A socket of this machine, for a proxy.
    Unix(PathBuf),
}

/// The time within which the head of a request has to be there.
const HEAD_WITHIN: Duration = Duration::from_secs(15);
/// The time of a whole request, uploads over a slow telephone line included.
const REQUEST_WITHIN: Duration = Duration::from_secs(180);
/// Connections at a time; further ones wait.
const CONNECTIONS: usize = 1024;
/// How long running requests have to finish when the server ends.
const FINISH_WITHIN: Duration = Duration::from_secs(20);

/// Serves until `ended` comes.
///
/// # Errors
/// When the address cannot be listened on, or the settings are at fault.
pub async fn serve(
    app: Arc<App>,
    listen: &Listen,
    clock: Clock,
    ready: impl FnOnce(&str),
    ended: impl Future<Output = ()>,
) -> Result<(), WebError> {
    let site = entrance::site(app, clock)?.layer(TimeoutLayer::with_status_code(
        StatusCode::REQUEST_TIMEOUT,
        REQUEST_WITHIN,
    ));
    let cannot = |what: String| {
        move |e: std::io::Error| {
            WebError::Other(format!(
                "cannot listen on {what}: {e}; choose another address with --listen"
            ))
        }
    };
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    match listen {
        Listen::Tcp(address) => {
            let listener = TcpListener::bind(address)
                .await
                .map_err(cannot(address.to_string()))?;
            let local = listener.local_addr().map_err(cannot(address.to_string()))?;
            ready(&format!("http://{local}"));
            tokio::pin!(ended);
            loop {
                let place = place(&places).await;
                tokio::select! {
                    accepted = listener.accept() => match accepted {
                        Ok((stream, peer)) => connection(stream, Peer(Some(peer.ip())), &site, &graceful, place),
                        // One connection failed (or too many files are open): the others go on.
                        Err(error) => {
                            tracing::warn!(%error, "a connection could not be taken");
                            tokio::time::sleep(Duration::from_millis(100)).await;
                        }
                    },
                    () = &mut ended => break,
                }
            }
        }
        Listen::Unix(path) => {
            // A socket that a killed server left behind is in the way and nobody's.
            if std::os::unix::net::UnixStream::connect(path).is_err() {
                let _ = std::fs::remove_file(path);
            }
            let listener = UnixListener::bind(path).map_err(cannot(path.display().to_string()))?;
            ready(&path.display().to_string());
            tokio::pin!(ended);
            loop {
                let place = place(&places).await;
                tokio::select! {
                    accepted = listener.accept() => match accepted {
                        Ok((stream, _)) => connection(stream, Peer(None), &site, &graceful, place),
                        Err(error) => {
                            tracing::warn!(%error, "a connection could not be taken");
                            tokio::time::sleep(Duration::from_millis(100)).await;
                        }
                    },
                    () = &mut ended => break,
                }
            }
            let _ = std::fs::remove_file(path);
        }
    }
    if tokio::time::timeout(FINISH_WITHIN, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not finish in time");
    }
    Ok(())
}

async fn place(places: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    Arc::clone(places).acquire_owned().await.ok()
}

fn connection<S>(
    stream: S,
    peer: Peer,
    site: &Router,
    graceful: &GracefulShutdown,
    place: Option<OwnedSemaphorePermit>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let site = site.clone();
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        site.clone().oneshot(request.map(Body::new))
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
