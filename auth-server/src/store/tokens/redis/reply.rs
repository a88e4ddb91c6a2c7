//! What the scripts answer, as our values.

use redis::streams::StreamId as Entry;
use serde::de::DeserializeOwned;
use token_format::scope::ScopeSet;
use uuid::Uuid;

use super::connection::corrupt;
use super::stream_id::StreamId;
use crate::domain::event::LoggedEvent;
use crate::domain::grant::{FamilyId, Grant};
use crate::domain::token::{AccessRecord, CodeRecord, Redemption, RefreshOutcome, RefreshView, TokenSummary};
use crate::store::StoreError;

type Answer<T> = Result<T, StoreError>;

fn field<'a>(row: &'a [String], at: usize, what: &str) -> Answer<&'a str> {
    row.get(at)
        .map(String::as_str)
        .ok_or_else(|| corrupt(what, "missing"))
}

fn number(row: &[String], at: usize, what: &str) -> Answer<i64> {
    field(row, at, what)?
        .parse()
        .map_err(|error| corrupt(what, error))
}

fn uuid(row: &[String], at: usize, what: &str) -> Answer<Uuid> {
    field(row, at, what)?
        .parse()
        .map_err(|error| corrupt(what, error))
}

fn family(row: &[String], at: usize) -> Answer<FamilyId> {
    uuid(row, at, "family").map(FamilyId)
}

fn grant(row: &[String], at: usize) -> Answer<Grant> {
    parsed(field(row, at, "grant")?, "grant")
}

/// A scope with its mark; none when the token's scope is the grant's.
fn scope(row: &[String], at: usize) -> Answer<Option<ScopeSet>> {
    let text = field(row, at, "scope")?;
    text.strip_prefix('=')
        .map(|scope| ScopeSet::parse(scope).map_err(|error| corrupt("scope", error)))
        .transpose()
}

pub(super) fn parsed<T: DeserializeOwned>(text: &str, what: &str) -> Answer<T> {
    serde_json::from_str(text).map_err(|error| corrupt(what, error))
}

pub(super) fn redemption(row: &[String]) -> Answer<Redemption> {
    match field(row, 0, "redemption")? {
        "redeemed" => Ok(Redemption::Redeemed(Box::new(CodeRecord {
            family: family(row, 1)?,
            grant: grant(row, 2)?,
            binding: parsed(field(row, 3, "binding")?, "binding")?,
            expires_at_ms: number(row, 4, "code's end")?,
        }))),
        "replayed" => Ok(Redemption::Replayed {
            family: family(row, 1)?,
            grant: Box::new(grant(row, 2)?),
        }),
        _ => Ok(Redemption::Unknown),
    }
}

pub(super) fn refresh_outcome(row: &[String]) -> Answer<RefreshOutcome> {
    let outcome = field(row, 0, "refresh outcome")?;
    match outcome {
        "unknown" => return Ok(RefreshOutcome::Unknown),
        "wrong_client" => return Ok(RefreshOutcome::WrongClient),
        _ => {}
    }
    let (family, grant) = (family(row, 1)?, Box::new(grant(row, 2)?));
    match outcome {
        "refreshed" => Ok(RefreshOutcome::Refreshed { family, grant }),
        "repeated" => Ok(RefreshOutcome::Repeated { family, grant }),
        "replayed" => Ok(RefreshOutcome::Replayed { family, grant }),
        other => Err(corrupt("refresh outcome", other)),
    }
}

pub(super) fn refresh_view(row: &[String]) -> Answer<RefreshView> {
    Ok(RefreshView {
        family: family(row, 0)?,
        grant: grant(row, 1)?,
        issued_at_ms: number(row, 2, "refresh token's issue")?,
        expires_at_ms: number(row, 3, "refresh token's end")?,
        used: field(row, 4, "refresh token's use")? == "1",
    })
}

pub(super) fn access_record(row: &[String]) -> Answer<AccessRecord> {
    let mut grant = grant(row, 2)?;
    if let Some(narrowed) = scope(row, 5)? {
        grant.scope = narrowed;
    }
    Ok(AccessRecord {
        jti: uuid(row, 0, "jti")?,
        family: if field(row, 1, "family")?.is_empty() {
            None
        } else {
            Some(family(row, 1)?)
        },
        grant,
        issued_at_ms: number(row, 3, "access token's issue")?,
        expires_at_ms: number(row, 4, "access token's end")?,
    })
}

pub(super) fn summary(row: &[String]) -> Answer<TokenSummary> {
    let grant = grant(row, 1)?;
    Ok(TokenSummary {
        id: field(row, 0, "list entry")?.to_owned(),
        client_id: grant.client_id,
        user_id: grant.user_id,
        scope: scope(row, 5)?.unwrap_or(grant.scope),
        issued_at_ms: number(row, 2, "first issue")?,
        last_used_at_ms: number(row, 3, "last issue")?,
        expires_at_ms: number(row, 4, "last end")?,
    })
}

pub(super) fn logged_event(entry: &Entry) -> Answer<LoggedEvent> {
    let id = StreamId::parse(&entry.id).ok_or_else(|| corrupt("event's id", &entry.id))?;
    let text: String = entry.get("e").ok_or_else(|| corrupt("event", "missing"))?;
    Ok(LoggedEvent {
        cursor: id.cursor(),
        at_ms: entry.get("t").ok_or_else(|| corrupt("event's time", "missing"))?,
        event: parsed(&text, "event")?,
    })
}
