//! The server loop: HTTP/1.1 by hyper, with limits that axum's own loop does not set. (HTTP/2 without TLS is spoken
//! by next to no client, and waiting for its preface has no time limit; a TLS proxy in front may offer it.) A client
//! that sends its request's head slowly, or a head that is huge, is cut off without stopping others; a stop lets
//! running requests end.

use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::visitor::Peer;

/// Head of a request, at most.
const MAX_HEAD_BYTES: usize = 32 * 1024;
/// How long running requests get when the server stops.
const GRACE: Duration = Duration::from_secs(10);
/// A pause after an error that accepting again at once would repeat (too many open files).
const AFTER_ACCEPT_ERROR: Duration = Duration::from_millis(50);

/// Serves until `stopping` is cancelled.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    header_timeout: Duration,
    stopping: CancellationToken,
) {
    let mut builder = Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(MAX_HEAD_BYTES);
    let graceful = GracefulShutdown::new();
    loop {
        let (stream, address) = tokio::select! {
            () = stopping.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(AFTER_ACCEPT_ERROR).await;
                    continue;
                }
            },
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        let service = router
            .clone()
            .map_request(move |mut request: hyper::Request<Incoming>| {
                request.extensions_mut().insert(Peer(address));
                request
            });
        let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests still running were cut off");
    }
}
