//! `auth-server resource`.

use clap::Subcommand;
use serde::Serialize;
use serde_json::json;
use url::Url;
use uuid::Uuid;

use super::{CommandError, Context, refused};
use crate::domain::application::ResourceServer;
use crate::domain::audit::AuditKind;
use crate::domain::event::Event;
use crate::domain::secret::PlainToken;
use crate::mint::SECRET_MARK;
use crate::store::StoreError;
use crate::store::sql::resources;

/// Resource servers.
#[derive(Debug, Subcommand)]
pub(super) enum Resource {
    /// Register a resource server.
    Add {
        /// Shown to administrators.
        #[arg(long)]
        name: String,
        /// Its address, the `aud` of its tokens (RFC 8707).
        #[arg(long)]
        url: String,
        /// Prefix that its scopes may carry.
        #[arg(long, value_name = "PREFIX")]
        scope_prefix: Option<String>,
        /// It is run by somebody else: its tokens do not carry users' e-mail addresses.
        #[arg(long)]
        third_party: bool,
    },
    /// List resource servers.
    List,
    /// Make a new secret; the old one stops working.
    RotateSecret {
        /// Its client id.
        id: String,
    },
    /// Block a resource server: no introspection, no feed, no new tokens for it.
    Disable {
        /// Its client id.
        id: String,
    },
}

#[derive(Serialize)]
struct Shown {
    client_id: String,
    name: String,
    url: String,
    scope_prefix: Option<String>,
    first_party: bool,
    disabled: bool,
}

impl Resource {
    pub(super) async fn run(self, context: &Context) -> Result<(), CommandError> {
        match self {
            Self::Add {
                name,
                url,
                scope_prefix,
                third_party,
            } => add(context, name, url, scope_prefix, !third_party).await,
            Self::List => list(context).await,
            Self::RotateSecret { id } => rotate_secret(context, &id).await,
            Self::Disable { id } => disable(context, &id).await,
        }
    }
}

async fn add(
    context: &Context,
    name: String,
    url: String,
    scope_prefix: Option<String>,
    first_party: bool,
) -> Result<(), CommandError> {
    let parsed = Url::parse(&url).map_err(|error| refused(format!("{url:?}: {error}")))?;
    if !matches!(parsed.scheme(), "https" | "http") || parsed.fragment().is_some() {
        return Err(refused(
            "a resource is an http(s) address without fragment (RFC 8707 2)",
        ));
    }
    let secret = PlainToken::generate(SECRET_MARK);
    let resource = ResourceServer {
        client_id: Uuid::new_v4().to_string(),
        name,
        url: url.clone(),
        scope_prefix,
        first_party,
        disabled: false,
        secrets: Vec::new(),
        created_at: context.clock.now(),
    };
    match resources::insert(&context.database, &resource, &secret.hashed()).await {
        Err(StoreError::Constraint(_)) => {
            return Err(refused(format!("there is a resource server at {url} already")));
        }
        other => other?,
    }
    let id = &resource.client_id;
    context
        .announce(&Event::ResourceChanged {
            client_id: id.clone(),
        })
        .await?;
    context
        .audit(
            AuditKind::AdminCommand,
            None,
            Some(id),
            format!("resource server {url} added"),
        )
        .await?;
    context.output.secret(
        &format!(
            "INTROSPECTION_CLIENT_ID={id}\nINTROSPECTION_CLIENT_SECRET={}",
            secret.reveal()
        ),
        &json!({"client_id": id, "client_secret": secret.reveal()}),
    );
    Ok(())
}

async fn list(context: &Context) -> Result<(), CommandError> {
    let rows: Vec<Shown> = resources::all(&context.database)
        .await?
        .into_iter()
        .map(|resource| Shown {
            client_id: resource.client_id,
            name: resource.name,
            url: resource.url,
            scope_prefix: resource.scope_prefix,
            first_party: resource.first_party,
            disabled: resource.disabled,
        })
        .collect();
    context
        .output
        .table(&["CLIENT ID", "NAME", "URL", "STATE"], &rows, |row| {
            let state = if row.disabled { "disabled" } else { "enabled" };
            vec![
                row.client_id.clone(),
                row.name.clone(),
                row.url.clone(),
                state.to_owned(),
            ]
        });
    Ok(())
}

async fn known(context: &Context, id: &str) -> Result<(), CommandError> {
    let found = resources::all(&context.database)
        .await?
        .iter()
        .any(|resource| resource.client_id == id);
    if found {
        Ok(())
    } else {
        Err(refused(format!("there is no resource server {id}")))
    }
}

async fn rotate_secret(context: &Context, id: &str) -> Result<(), CommandError> {
    known(context, id).await?;
    let secret = PlainToken::generate(SECRET_MARK);
    resources::replace_secret(&context.database, id, &secret.hashed(), context.clock.now()).await?;
    context
        .announce(&Event::ResourceChanged {
            client_id: id.to_owned(),
        })
        .await?;
    context
        .audit(
            AuditKind::SecretChanged,
            None,
            Some(id),
            "secret replaced".to_owned(),
        )
        .await?;
    context.output.secret(
        &format!("INTROSPECTION_CLIENT_SECRET={}", secret.reveal()),
        &json!({"client_id": id, "client_secret": secret.reveal()}),
    );
    Ok(())
}

async fn disable(context: &Context, id: &str) -> Result<(), CommandError> {
    known(context, id).await?;
    resources::set_disabled(&context.database, id, true).await?;
    context
        .announce(&Event::ResourceChanged {
            client_id: id.to_owned(),
        })
        .await?;
    context
        .audit(
            AuditKind::AdminCommand,
            None,
            Some(id),
            "resource server disabled".to_owned(),
        )
        .await?;
    context.output.done(
        &format!("resource server {id} disabled"),
        &json!({"client_id": id, "disabled": true}),
    );
    Ok(())
}
