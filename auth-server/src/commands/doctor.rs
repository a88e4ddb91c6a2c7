//! `auth-server doctor`: looks at everything the server needs and says what to mend.

use std::process::ExitCode;

use serde::Serialize;

use super::CommandError;
use super::output::Output;
use crate::config::Config;
use crate::domain::clock::Clock;
use crate::ldap::Directory;
use crate::mail::{MailError, Mailer};
use crate::state::{open_keys, open_stores};
use crate::store::sql::resources;

#[derive(Serialize)]
struct Finding {
    check: &'static str,
    ok: bool,
    detail: String,
}

/// A clock before this (2024-01-01) was never set.
const PLAUSIBLE_NOW: i64 = 1_704_067_200;

pub(super) async fn run(config: Config, output: Output) -> Result<ExitCode, CommandError> {
    token_format::provider::install();
    let clock = Clock::System;
    let mut findings = vec![
        Finding {
            check: "configuration",
            ok: true,
            detail: "every setting is known and sound".to_owned(),
        },
        issuer(&config),
        Finding {
            check: "clock",
            ok: clock.now() > PLAUSIBLE_NOW,
            detail: format!(
                "{} UTC; keep it in step with NTP",
                super::output::moment(clock.now())
            ),
        },
    ];
    if let Directory::Ldap(ldap) = Directory::new(&config.directory) {
        let answer = ldap.probe().await;
        findings.push(result(
            "directory",
            answer.map(|()| "answers, and lets us search".to_owned()),
        ));
    }
    match Mailer::new(&config.mail.smtp_url, &config.mail.from) {
        // Messages are kept in the outbox: a choice, nothing to mend.
        Ok(None) => {}
        Ok(Some(mailer)) => findings.push(result(
            "mail",
            mailer.probe().await.map(|()| "answers".to_owned()),
        )),
        Err(error) => findings.push(result::<MailError>("mail", Err(error))),
    }
    match open_stores(&config).await {
        Err(error) => findings.push(Finding {
            check: "stores",
            ok: false,
            detail: error.to_string(),
        }),
        Ok((database, tokens)) => {
            let reached = database.ping().await;
            let is_up = reached.is_ok();
            findings.push(result("database", reached.map(|()| "answers".to_owned())));
            findings.push(result(
                "token store",
                tokens.ping().await.map(|()| "answers".to_owned()),
            ));
            if is_up {
                let keys = open_keys(&config, &database, &clock).await.map(|keys| {
                    let count = keys.current().states(clock.now()).count();
                    format!("{count} published")
                });
                findings.push(result("signing keys", keys));
                let registered = resources::all(&database).await;
                findings.push(match registered {
                    Ok(registered) if registered.is_empty() => Finding {
                        check: "resource servers",
                        ok: false,
                        detail: "none is registered: `auth-server resource add --name N --url U`".to_owned(),
                    },
                    other => result(
                        "resource servers",
                        other.map(|all| format!("{} registered", all.len())),
                    ),
                });
            }
        }
    }
    let healthy = findings.iter().all(|finding| finding.ok);
    output.table(&["", "CHECK", "FOUND"], &findings, |finding| {
        let mark = if finding.ok { "ok" } else { "MEND" };
        vec![mark.to_owned(), finding.check.to_owned(), finding.detail.clone()]
    });
    Ok(if healthy {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn issuer(config: &Config) -> Finding {
    let detail = if config.is_https() {
        format!("{}: cookies are Secure", config.issuer_url)
    } else {
        format!("{}: plain http, fit for this machine alone", config.issuer_url)
    };
    Finding {
        check: "issuer",
        ok: true,
        detail,
    }
}

fn result<E: std::fmt::Display>(check: &'static str, outcome: Result<String, E>) -> Finding {
    match outcome {
        Ok(detail) => Finding {
            check,
            ok: true,
            detail,
        },
        Err(error) => Finding {
            check,
            ok: false,
            detail: error.to_string(),
        },
    }
}
