//! `auth-server api-key`.

use clap::Subcommand;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::output::moment;
use super::{CommandError, Context, found};
use crate::store::sql::api_keys;

/// API keys.
#[derive(Debug, Subcommand)]
pub(super) enum ApiKey {
    /// Make an API key.
    Add {
        /// Shown to administrators.
        #[arg(long)]
        name: String,
        /// The application of profile keyed that it belongs to; none: a new one that has no secret.
        #[arg(long, value_name = "ID")]
        app: Option<String>,
    },
    /// List API keys.
    List,
    /// Block an API key.
    Disable {
        /// Its id.
        id: Uuid,
    },
    /// Let a blocked API key work again.
    Enable {
        /// Its id.
        id: Uuid,
    },
}

/// A key as it is printed: everything but the key.
#[derive(Serialize)]
struct Shown {
    id: Uuid,
    client_id: String,
    name: String,
    disabled: bool,
    created_at: i64,
}

const PAGE: i64 = 1000;

impl ApiKey {
    pub(super) async fn run(self, context: &Context) -> Result<(), CommandError> {
        match self {
            Self::Add { name, app } => add(context, name, app).await,
            Self::List => list(context).await,
            Self::Disable { id } => set_disabled(context, id, true).await,
            Self::Enable { id } => set_disabled(context, id, false).await,
        }
    }
}

async fn add(context: &Context, name: String, app: Option<String>) -> Result<(), CommandError> {
    let made = context.registry().add_api_key(&name, app.as_deref()).await?;
    let (plain, key) = (made.plain.reveal(), &made.key);
    context.output.secret(
        &format!(
            "api_key    {plain}\nid         {}\nclient_id  {}",
            key.id, key.client_id
        ),
        &json!({"api_key": plain, "id": key.id, "client_id": key.client_id}),
    );
    Ok(())
}

async fn list(context: &Context) -> Result<(), CommandError> {
    let mut rows: Vec<Shown> = Vec::new();
    loop {
        let after = rows.last().map(|last| (last.created_at, last.id.to_string()));
        let after = after.as_ref().map(|(at, id)| (*at, id.as_str()));
        let page = api_keys::list(&context.database, after, PAGE).await?;
        let full = page.len() == usize::try_from(PAGE).unwrap_or(usize::MAX);
        rows.extend(page.into_iter().map(|key| Shown {
            id: key.id,
            client_id: key.client_id,
            name: key.name,
            disabled: key.disabled,
            created_at: key.created_at,
        }));
        if !full {
            break;
        }
    }
    let head = ["ID", "APPLICATION", "NAME", "STATE", "MADE"];
    context.output.table(&head, &rows, |row| {
        let state = if row.disabled { "disabled" } else { "enabled" };
        vec![
            row.id.to_string(),
            row.client_id.clone(),
            row.name.clone(),
            state.to_owned(),
            moment(row.created_at),
        ]
    });
    Ok(())
}

async fn set_disabled(context: &Context, id: Uuid, disabled: bool) -> Result<(), CommandError> {
    let done = context.registry().set_api_key_disabled(id, disabled).await;
    found(done, || {
        format!("there is no API key {id}; `auth-server api-key list` shows them")
    })?;
    let state = if disabled { "disabled" } else { "enabled" };
    context.output.done(
        &format!("API key {id} {state}"),
        &json!({"id": id, "disabled": disabled}),
    );
    Ok(())
}
