//! The server loop: hyper with limits that axum's own loop does not set. A client that sends its request's head
//! slowly, or a head that is huge, is cut off without stopping others; a stop lets running requests end.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
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
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(MAX_HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(MAX_HEAD_BYTES).unwrap_or(u32::MAX));
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
        let begun = Arc::new(AtomicBool::new(false));
        let service = router.clone().map_request({
            let begun = Arc::clone(&begun);
            move |mut request: hyper::Request<Incoming>| {
                begun.store(true, Ordering::Relaxed);
                request.extensions_mut().insert(Peer(address));
                request
            }
        });
        let connection = builder
            .serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(service))
            .into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            // hyper's own timeout begins when the protocol is known: this one is for who never says as much.
            let ended = match tokio::time::timeout(header_timeout, &mut connection).await {
                Ok(ended) => ended,
                Err(_) if !begun.load(Ordering::Relaxed) => return,
                Err(_) => connection.await,
            };
            if let Err(error) = ended {
                tracing::debug!(error, "a connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests still running were cut off");
    }
}
