//! `auth-server key`.

use clap::Subcommand;
use serde_json::json;

use super::output::moment;
use super::{CommandError, Context};
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

impl Key {
    pub(super) async fn run(self, context: &Context) -> Result<(), CommandError> {
        let keys = open_keys(&context.config, &context.database, &context.clock).await?;
        let registry = context.registry();
        match self {
            Self::List => {
                let rows = registry.signing_keys(&keys);
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
                let algorithm = context.config.tokens.signing_algorithm;
                let made = registry.rotate_signing_key(&keys, algorithm, wait).await?;
                let (kid, from) = (&made.kid, made.active_from);
                context.output.done(
                    &format!("key {kid} is published and signs from {}", moment(from)),
                    &json!({"kid": kid, "active_from": from}),
                );
            }
        }
        Ok(())
    }
}
