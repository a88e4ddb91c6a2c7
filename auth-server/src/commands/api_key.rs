//! `auth-server api-key`.

use clap::Subcommand;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::output::moment;
use super::{CommandError, Context, app, refused};
use crate::domain::api_key;
use crate::domain::application::{Application, ReviewStatus, check_name};
use crate::domain::audit::AuditKind;
use crate::domain::event::Event;
use crate::domain::policy::{MAX_ACCESS_SECONDS, Profile};
use crate::domain::secret::PlainToken;
use crate::mint::API_KEY_MARK;
use crate::store::sql::{api_keys, applications};

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
    check_name(&name).map_err(refused)?;
    let client_id = match app {
        Some(id) => joined(context, id).await?,
        None => new_application(context, &name).await?,
    };
    let plain = PlainToken::generate(API_KEY_MARK);
    let key = api_key::ApiKey {
        id: context.clock.new_id(),
        client_id,
        name,
        hash: plain.hashed(),
        disabled: false,
        created_at: context.clock.now(),
    };
    api_keys::insert(&context.database, &key).await?;
    let detail = format!("API key {} {:?} added", key.id, key.name);
    context
        .audit(AuditKind::SecretChanged, None, Some(&key.client_id), detail)
        .await?;
    context.output.secret(
        &format!(
            "api_key    {}\nid         {}\nclient_id  {}",
            plain.reveal(),
            key.id,
            key.client_id
        ),
        &json!({"api_key": plain.reveal(), "id": key.id, "client_id": key.client_id}),
    );
    Ok(())
}

/// The application that a key is to join.
async fn joined(context: &Context, id: String) -> Result<String, CommandError> {
    let application = applications::find(&context.database, &id)
        .await?
        .ok_or_else(|| app::unknown(&id))?;
    if application.profile != Profile::Keyed {
        return Err(refused(format!(
            "API keys are for applications of profile keyed; {id} is of profile {}",
            application.profile
        )));
    }
    Ok(id)
}

/// An application for one key: it has no secret and may authenticate in no other way.
async fn new_application(context: &Context, name: &str) -> Result<String, CommandError> {
    let profile = Profile::Keyed;
    let policy = profile.policy();
    let application = Application {
        client_id: Uuid::new_v4().to_string(),
        name: name.to_owned(),
        profile,
        scope: policy.mandatory_scope.clone(),
        policy,
        auth_methods: Vec::new(),
        secrets: Vec::new(),
        redirect_uris: Vec::new(),
        domains: Vec::new(),
        owner_id: None,
        review: ReviewStatus::Approved,
        review_reason: None,
        disabled: false,
        homepage_url: None,
        policy_url: None,
        created_at: context.clock.now(),
    };
    applications::insert(&context.database, &application, None).await?;
    let id = application.client_id;
    context
        .announce(&Event::ApplicationChanged {
            client_id: id.clone(),
        })
        .await?;
    let detail = format!("application {name:?} added for an API key, profile {profile}");
    context
        .audit(AuditKind::AdminCommand, None, Some(&id), detail)
        .await?;
    Ok(id)
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
    let key = api_keys::set_disabled(&context.database, id, disabled)
        .await?
        .ok_or_else(|| {
            refused(format!(
                "there is no API key {id}; `auth-server api-key list` shows them"
            ))
        })?;
    context.announce(&Event::ApiKeyChanged { id }).await?;
    if disabled {
        // Resource servers ask anew when they hear it; one that starts later has nothing to forget.
        let exp = context.clock.now() + MAX_ACCESS_SECONDS;
        context.announce(&Event::Token { jti: id, exp }).await?;
    }
    let state = if disabled { "disabled" } else { "enabled" };
    context
        .audit(
            AuditKind::AdminCommand,
            None,
            Some(&key.client_id),
            format!("API key {id} {:?} {state}", key.name),
        )
        .await?;
    context.output.done(
        &format!("API key {id} {state}"),
        &json!({"id": id, "disabled": disabled}),
    );
    Ok(())
}
