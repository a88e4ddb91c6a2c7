//! A resource server that listens to the revocation feed (server-sent events).

use std::time::Duration;

use reqwest::Response;
use serde_json::Value;
use tokio::time::timeout;

use super::client;

/// Longer than any event may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open feed.
#[derive(Debug)]
pub struct Feed {
    response: Response,
    unread: String,
}

/// One event as it came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeedEvent {
    pub event: String,
    pub id: Option<String>,
    pub data: Value,
}

impl Feed {
    /// Opens the feed after an event, or from its beginning.
    pub async fn open(url: &str, id: &str, secret: &str, last_event_id: Option<&str>) -> Self {
        let request = client()
            .get(format!("{url}/oauth2/revocations"))
            .basic_auth(id, Some(secret))
            .header("accept", "text/event-stream");
        let request = match last_event_id {
            Some(last) => request.header("last-event-id", last),
            None => request,
        };
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            response,
            unread: String::new(),
        }
    }

    /// The next event, pings included; none when the server has closed the feed.
    pub async fn next(&mut self) -> Option<FeedEvent> {
        timeout(PATIENCE, self.read()).await.expect("the feed is silent")
    }

    /// The next event that is no ping; none when the server has closed the feed.
    pub async fn next_news(&mut self) -> Option<FeedEvent> {
        let read = async {
            loop {
                match self.read().await {
                    Some(event) if event.event == "ping" => {}
                    other => return other,
                }
            }
        };
        timeout(PATIENCE, read).await.expect("nothing new on the feed")
    }

    /// The events up to `ready`, without it.
    pub async fn backlog(&mut self) -> Vec<FeedEvent> {
        let mut backlog = Vec::new();
        loop {
            let event = self.next_news().await.expect("the feed stays open");
            if event.event == "ready" {
                return backlog;
            }
            backlog.push(event);
        }
    }

    /// Reads until nothing, pings included, has come for `long`.
    pub async fn until_silent_for(&mut self, long: Duration) {
        let silence = async { while timeout(long, self.read()).await.is_ok_and(|read| read.is_some()) {} };
        timeout(PATIENCE * 2, silence).await.expect("the feed goes on");
    }

    async fn read(&mut self) -> Option<FeedEvent> {
        loop {
            if let Some((block, rest)) = self.unread.split_once("\n\n") {
                let event = parse(block);
                self.unread = rest.to_owned();
                return Some(event);
            }
            let chunk = self.response.chunk().await.ok().flatten()?;
            self.unread.push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
        }
    }
}

fn parse(block: &str) -> FeedEvent {
    let mut event = FeedEvent::default();
    for line in block.lines() {
        match line.split_once(": ").or_else(|| line.split_once(':')) {
            Some(("event", name)) => name.clone_into(&mut event.event),
            Some(("id", id)) => event.id = Some(id.to_owned()),
            Some(("data", data)) => event.data = serde_json::from_str(data).expect("JSON data"),
            other => panic!("{other:?} in {block:?}"),
        }
    }
    event
}
