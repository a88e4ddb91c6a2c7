//! `resource-server doctor`: what works, what does not, and what to mend.

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use eventsource_stream::Eventsource;
use futures_util::StreamExt;
use serde::Serialize;
use token_format::verify::{KeyRing, LEEWAY_SECONDS};

use crate::config::{Config, is_loopback};
use crate::directory::Directory;
use crate::domain::clock::Clock;
use crate::domain::directory::UserFilter;
use crate::domain::page::Page;
use crate::paths;
use crate::sign_in::SignIn;
use crate::store::{Database, MIGRATOR, StoreError};
use crate::telemetry::Metrics;
use crate::verification::{AnswerForm, IssuerClient, IssuerError, Kind};

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    check: &'static str,
    ok: bool,
    detail: String,
}

/// Whether nothing needs mending.
pub fn is_well(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.ok)
}

/// One line each.
pub fn as_text(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        format!(
            "{:4} {}: {}",
            if finding.ok { "ok" } else { "FAIL" },
            finding.check,
            finding.detail
        )
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// `{"ok": ..., "findings": [...]}`
pub fn as_json(findings: &[Finding]) -> String {
    serde_json::json!({ "ok": is_well(findings), "findings": findings }).to_string()
}

/// Looks at everything, also after a failure. Changes nothing.
pub async fn examine(config: &Config, clock: &Clock) -> Vec<Finding> {
    let mut findings = vec![finding(
        "configuration",
        Ok("every setting makes sense".to_owned()),
    )];
    findings.push(finding("resource URL", resource_url(config)));
    findings.push(finding("database", database(config).await));
    match IssuerClient::new(config) {
        Ok(issuer) => issuer_findings(config, clock, Arc::new(issuer), &mut findings).await,
        Err(error) => findings.push(finding("HTTP client", Err(error.to_string()))),
    }
    findings
}

fn finding(check: &'static str, result: Result<String, String>) -> Finding {
    let ok = result.is_ok();
    let (Ok(detail) | Err(detail)) = result;
    Finding { check, ok, detail }
}

fn resource_url(config: &Config) -> Result<String, String> {
    let text = &config.server.resource_url;
    let url: url::Url = text.parse().map_err(|error| format!("{text}: {error}"))?;
    let is_local = is_loopback(&url);
    if url.scheme() == "http" && !is_local {
        return Err(format!(
            "{text} is plain http: tokens would travel unprotected; put a TLS proxy in front"
        ));
    }
    let note = if is_local {
        " (only this machine reaches it: set RESOURCE_URL to serve others)"
    } else {
        ""
    };
    Ok(format!("{text}{note}"))
}

async fn database(config: &Config) -> Result<String, String> {
    let metrics = Metrics::new().map_err(|error| error.to_string())?;
    let database = Database::new(&config.database, metrics).map_err(|error| error.to_string())?;
    database.connect().await.map_err(|error| error.to_string())?;
    let total = MIGRATOR.iter().count();
    match database.applied_migrations().await {
        Ok(applied) if applied == total => Ok(format!("answers; {total} migrations applied")),
        Ok(applied) => Err(format!(
            "{applied} of {total} migrations applied: run `resource-server migrate`"
        )),
        Err(StoreError::Timeout { .. }) => Err("does not answer in time".to_owned()),
        Err(_) => Err("has no schema yet: run `resource-server migrate`".to_owned()),
    }
}

async fn issuer_findings(
    config: &Config,
    clock: &Clock,
    issuer: Arc<IssuerClient>,
    findings: &mut Vec<Finding>,
) {
    let discovered = issuer.discover().await;
    let reached = discovered.is_ok();
    findings.push(finding(
        "authorization server",
        discovered
            .map(|_| format!("{} answers", config.issuer.url))
            .map_err(|error| format!("{error}; is ISSUER_URL right, and is the server up?")),
    ));
    if !reached {
        return;
    }
    findings.push(finding("clock", compare_clocks(clock, &issuer).await));
    findings.push(finding("keys", keys(config, &issuer).await));
    findings.push(finding("credentials", credentials(config, clock, &issuer).await));
    findings.push(finding("revocation feed", feed(config, &issuer).await));
    findings.push(finding("directory", directory(config, issuer).await));
    findings.push(finding("sign-in on the pages", pages(config).await));
}

/// Tokens of a server whose clock is ahead by more than the leeway are not valid yet.
async fn compare_clocks(clock: &Clock, issuer: &IssuerClient) -> Result<String, String> {
    let date = issuer.date().await.map_err(|error| error.to_string())?;
    let theirs = date
        .as_deref()
        .and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    let theirs = theirs.ok_or("the authorization server tells no date")?;
    let behind = theirs.timestamp() - clock.seconds();
    if behind.abs() > LEEWAY_SECONDS {
        return Err(format!(
            "{behind} s behind the authorization server's: synchronise both (NTP)"
        ));
    }
    Ok("agrees with the authorization server's".to_owned())
}

async fn keys(config: &Config, issuer: &IssuerClient) -> Result<String, String> {
    let (set, max_age) = issuer.keys().await.map_err(|error| error.to_string())?;
    let usable = KeyRing::from_jwk_set(&set).len();
    if usable == 0 {
        return Err(format!(
            "none of {} keys is usable here (issuer.algorithms)",
            set.keys.len()
        ));
    }
    let age = max_age.unwrap_or(config.jwks.min_age);
    Ok(format!("{usable} usable, kept for {} s", age.as_secs()))
}

async fn credentials(config: &Config, clock: &Clock, issuer: &IssuerClient) -> Result<String, String> {
    let form =
        AnswerForm::load(config).map_err(|problem| format!("introspection.decryption_key: {problem}"))?;
    let asked = issuer.introspect("doctor", Kind::AccessToken, form.media_type());
    let raw = match asked.await {
        Err(error @ IssuerError::Status { .. }) => {
            return Err(format!(
                "{error}; make credentials with `auth-server resource add` and set INTROSPECTION_CLIENT_ID and \
                 INTROSPECTION_CLIENT_SECRET"
            ));
        }
        answer => answer.map_err(|error| error.to_string())?,
    };
    let (set, _) = issuer.keys().await.map_err(|error| error.to_string())?;
    match form.read(&raw, &KeyRing::from_jwk_set(&set), clock.seconds()) {
        Ok(_) => Ok(format!("introspection works; its answers are {form}")),
        Err(unreadable) => Err(format!(
            "{}; is this server's key registered (`auth-server resource set-key`)?",
            IssuerError::from(unreadable)
        )),
    }
}

async fn directory(config: &Config, issuer: Arc<IssuerClient>) -> Result<String, String> {
    let metrics = Metrics::new().map_err(|error| error.to_string())?;
    let directory = Directory::new(config, issuer, metrics);
    match directory.users(&UserFilter::Everyone, Page::SMALLEST).await {
        Ok((count, _)) => Ok(format!("answers; {count} users")),
        Err(error) => Err(error.to_string()),
    }
}

async fn pages(config: &Config) -> Result<String, String> {
    if !config.serves_room_pages() {
        return Ok("off, as rooms.app_url leads elsewhere".to_owned());
    }
    match SignIn::new(config).map_err(|error| error.to_string())? {
        None => Ok("off, as webapp.client_id is not set".to_owned()),
        Some(sign_in) => match sign_in.examine().await {
            Ok(()) => Ok("works".to_owned()),
            Err(error) => Err(format!(
                "{error}; register this server with `auth-server app add --redirect-uri {}{}` and set \
                 webapp.client_id and webapp.client_secret",
                config.resource_base(),
                paths::SIGN_IN_CALLBACK
            )),
        },
    }
}

async fn feed(config: &Config, issuer: &IssuerClient) -> Result<String, String> {
    let response = issuer
        .revocations(None)
        .await
        .map_err(|error| error.to_string())?;
    let mut events = response.bytes_stream().eventsource();
    let limit = config.revocation_feed.max_silence.max(Duration::from_secs(1));
    let mut replayed = 0;
    loop {
        match tokio::time::timeout(limit, events.next()).await {
            Ok(Some(Ok(event))) if event.event == "ready" => {
                return Ok(format!("live; {replayed} revocations still matter"));
            }
            Ok(Some(Ok(event))) => replayed += usize::from(event.event == "revoked"),
            Ok(Some(Err(error))) => return Err(error.to_string()),
            Ok(None) => return Err("closed before it was ready".to_owned()),
            Err(_) => return Err(format!("silent for {} s", limit.as_secs())),
        }
    }
}
