//! `GET /oauth2/revocations`: server-sent events for resource servers. First every revocation that still
//! matters, then `ready`, then what is revoked from now on, at once; a `ping` each second, so that silence
//! means that the feed is lost.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::sse::{Event as SseEvent, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::domain::clock::Clock;
use crate::domain::event::{Cursor, Event, LoggedEvent};
use crate::flows::FlowError;
use crate::flows::authenticate::Caller;
use crate::http::client_auth;
use crate::http::rate_limit;
use crate::http::visitor::ClientAddress;
use crate::protocol::error::{ErrorCode, ProtocolError};
use crate::state::AppState;
use crate::store::StoreError;

const PING_EVERY: Duration = Duration::from_secs(1);
const BATCH: u32 = 500;
/// Events that may wait for a slow reader before its connection is given up.
const BUFFER: usize = 256;

type Sender = mpsc::Sender<Result<SseEvent, Infallible>>;

/// Opens the feed for a registered resource server.
pub async fn get(State(state): State<AppState>, address: ClientAddress, request: Request) -> Response {
    let cursor = request
        .headers()
        .get("last-event-id")
        .and_then(|id| id.to_str().ok())
        .map(|id| Cursor(id.to_owned()));
    let (mut parts, _) = request.into_parts();
    let authenticated = async {
        rate_limit::check_address(&state, address)?;
        let credentials = client_auth::read_header(&mut parts).await?;
        match state.services.authenticate_caller(&credentials).await? {
            Caller::ResourceServer(resource) => Ok(resource.client_id),
            Caller::Application(_) => Err(FlowError::from(ProtocolError::new(
                ErrorCode::InvalidClient,
                "the feed is for registered resource servers",
            ))),
        }
    };
    let client_id = match authenticated.await {
        Ok(client_id) => client_id,
        Err(error) => return rate_limit::failed(&state, address, &error),
    };
    let (sender, receiver) = mpsc::channel(BUFFER);
    tokio::spawn(feed(state, client_id, cursor, sender));
    Sse::new(Events(receiver)).into_response()
}

/// The receiving end as a stream.
struct Events(mpsc::Receiver<Result<SseEvent, Infallible>>);

impl Stream for Events {
    type Item = Result<SseEvent, Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}

/// Feeds one connection until its reader or the server goes. A reader that cannot keep up is cut off: it comes
/// back with the last id it saw and misses nothing. So does one whose own record changed: it has to authenticate
/// anew. While this instance cannot follow the event log the feed is silent, so that its reader does not take
/// missing news for good news.
async fn feed(state: AppState, client_id: String, cursor: Option<Cursor>, sender: Sender) {
    // Listen before reading the log, so that nothing falls between the two.
    let mut live = state.events.subscribe();
    let stopping: CancellationToken = state.stopping.clone();
    if let Err(error) = replay(&state, cursor, &sender).await {
        tracing::warn!(%error, "the revocation feed could not be replayed");
        return;
    }
    if sender
        .send(Ok(SseEvent::default().event("ready").data("{}")))
        .await
        .is_err()
    {
        return;
    }
    let mut pings = tokio::time::interval(PING_EVERY);
    loop {
        let event = tokio::select! {
            () = stopping.cancelled() => return,
            _ = pings.tick() => state.is_following().then(|| SseEvent::default().event("ping").data("{}")),
            heard = live.recv() => match heard {
                Ok(LoggedEvent { event: Event::ResourceChanged { client_id: changed }, .. })
                    if changed == client_id => return,
                Ok(logged) => write(&logged, &state.services.clock),
                Err(RecvError::Lagged(_) | RecvError::Closed) => return,
            },
        };
        if let Some(event) = event
            && sender.try_send(Ok(event)).is_err()
        {
            return;
        }
    }
}

async fn replay(state: &AppState, mut after: Option<Cursor>, sender: &Sender) -> Result<(), StoreError> {
    let mut last = None;
    loop {
        let batch = state.services.tokens.events(after.as_ref(), BATCH).await?;
        let end = batch.last().map(|logged| logged.cursor.clone());
        for logged in &batch {
            // Changed keys are no news to a reader that fetches them when it connects.
            if let Some(event) = write(logged, &state.services.clock).filter(|_| logged.event.is_revocation())
                && sender.send(Ok(event)).await.is_err()
            {
                return Ok(());
            }
        }
        // A store may give events twice: without progress the log is at its end.
        if batch.len() < BATCH as usize || end == last {
            return Ok(());
        }
        last.clone_from(&end);
        after = end;
    }
}

/// An event as resource servers read it; none for what is not theirs or over.
fn write(logged: &LoggedEvent, clock: &Clock) -> Option<SseEvent> {
    let event = SseEvent::default().id(&logged.cursor.0);
    match &logged.event {
        Event::Token { exp, .. } if *exp < clock.now() => None,
        revocation if revocation.is_revocation() => {
            let data = serde_json::to_string(revocation).ok()?;
            Some(event.event("revoked").data(data))
        }
        Event::KeysChanged => Some(event.event("keys").data("{}")),
        _ => None,
    }
}
