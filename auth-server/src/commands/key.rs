//! `auth-server key`.

use clap::Subcommand;
use serde::Serialize;
use serde_json::json;

use super::output::moment;
use super::{CommandError, Context};
use crate::domain::audit::AuditKind;
use crate::domain::event::Event;
use crate::keys::KeyState;
use crate::state::open_keys;

/// Signing keys.
#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// List published keys.
    List,
    /// Make the next key: published now, signing after `keys.publish_before_use_seconds`.
    Rotate {
        /// Sign with it at once, before resource servers have seen it (after a key was exposed).
        #[arg(long)]
        now: bool,
    },
}

#[derive(Serialize)]
struct Shown {
    kid: String,
    algorithm: String,
    state: KeyState,
    active_from: i64,
    retires_at: Option<i64>,
}

impl Key {
    pub(super) async fn run(self, context: &Context) -> Result<(), CommandError> {
        let keys = open_keys(&context.config, &context.database, &context.clock).await?;
        let now = context.clock.now();
        match self {
            Self::List => {
                let current = keys.current();
                let rows: Vec<Shown> = current
                    .states(now)
                    .map(|(key, state)| Shown {
                        kid: key.key.kid().to_owned(),
                        algorithm: key.key.algorithm().to_string(),
                        state,
                        active_from: key.active_from,
                        retires_at: key.retires_at,
                    })
                    .collect();
                context.output.table(
                    &["KID", "ALGORITHM", "STATE", "SIGNS FROM", "RETIRES"],
                    &rows,
                    |row| {
                        let state = match row.state {
                            KeyState::Published => "published",
                            KeyState::Active => "active",
                            KeyState::Retiring => "retiring",
                        };
                        let retires = row.retires_at.map_or_else(|| "-".to_owned(), moment);
                        vec![
                            row.kid.clone(),
                            row.algorithm.clone(),
                            state.to_owned(),
                            moment(row.active_from),
                            retires,
                        ]
                    },
                );
            }
            Self::Rotate { now: at_once } => {
                let wait = if at_once {
                    0
                } else {
                    context.config.keys.publish_before_use_seconds
                };
                let kid = keys
                    .rotate(context.config.tokens.signing_algorithm, now + wait, now)
                    .await?;
                context.announce(&Event::KeysChanged).await?;
                context
                    .audit(
                        AuditKind::AdminCommand,
                        None,
                        None,
                        format!("signing key {kid} made"),
                    )
                    .await?;
                context.output.done(
                    &format!("key {kid} is published and signs from {}", moment(now + wait)),
                    &json!({"kid": kid, "active_from": now + wait}),
                );
            }
        }
        Ok(())
    }
}
