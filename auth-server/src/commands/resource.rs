//! `auth-server resource`.

mod answers;

use clap::Subcommand;
use serde::Serialize;
use serde_json::json;
use token_format::key::Jwk;

use self::answers::Answers;
use super::{CommandError, Context, found, refused};
use crate::domain::application::ResourceServer;
use crate::domain::secret::PlainToken;
use crate::flows::registry::{NewResource, Problem, RegistryError, described};

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
        #[command(flatten)]
        answers: Answers,
    },
    /// List resource servers.
    List,
    /// Show a resource server.
    Show {
        /// Its client id.
        id: String,
    },
    /// Change the key to which introspection encrypts its answers, and whether unsigned ones are given.
    SetKey {
        /// Its client id.
        id: String,
        /// Forget the key: answers are no longer encrypted.
        #[arg(long, conflicts_with = "encryption_key")]
        remove: bool,
        #[command(flatten)]
        answers: Answers,
    },
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
    encryption_key: Option<Jwk>,
    requires_signed_introspection: bool,
}

impl From<ResourceServer> for Shown {
    fn from(resource: ResourceServer) -> Self {
        Self {
            client_id: resource.client_id,
            name: resource.name,
            url: resource.url,
            scope_prefix: resource.scope_prefix,
            first_party: resource.first_party,
            disabled: resource.disabled,
            encryption_key: resource.encryption_key.map(|key| key.jwk().clone()),
            requires_signed_introspection: resource.requires_signed_introspection,
        }
    }
}

/// What a resource server is registered with, beside what everyone has.
struct Registration {
    name: String,
    url: String,
    scope_prefix: Option<String>,
    first_party: bool,
    answers: Answers,
}

impl Resource {
    pub(super) async fn run(self, context: &Context) -> Result<(), CommandError> {
        match self {
            Self::Add {
                name,
                url,
                scope_prefix,
                third_party,
                answers,
            } => {
                let registration = Registration {
                    name,
                    url,
                    scope_prefix,
                    first_party: !third_party,
                    answers,
                };
                add(context, registration).await
            }
            Self::List => list(context).await,
            Self::Show { id } => show(context, &id).await,
            Self::SetKey { id, remove, answers } => answers::set(context, &id, remove, &answers).await,
            Self::RotateSecret { id } => rotate_secret(context, &id).await,
            Self::Disable { id } => disable(context, &id).await,
        }
    }
}

async fn add(context: &Context, registration: Registration) -> Result<(), CommandError> {
    let Registration {
        name,
        url,
        scope_prefix,
        first_party,
        answers,
    } = registration;
    let new = NewResource {
        name,
        url: url.clone(),
        scope_prefix,
        first_party,
        encryption_key: answers.read_key()?,
        requires_signed_introspection: answers.require_signed_introspection.unwrap_or(false),
        secret: None,
    };
    let (resource, secret) = context.registry().add_resource(new).await.map_err(|error| {
        let RegistryError::Invalid(problems) = &error else {
            return error.into();
        };
        match problems.iter().find(|problem| problem.field == "url") {
            Some(problem) if problem.problem == Problem::Taken => {
                refused(format!("there is a resource server at {url} already"))
            }
            Some(problem) => refused(format!("{url:?}: {}", problem.problem)),
            None => error.into(),
        }
    })?;
    let id = &resource.client_id;
    let secret = secret.as_ref().map(PlainToken::reveal).unwrap_or_default();
    context.output.secret(
        &format!("INTROSPECTION_CLIENT_ID={id}\nINTROSPECTION_CLIENT_SECRET={secret}"),
        &json!({"client_id": id, "client_secret": secret}),
    );
    Ok(())
}

async fn list(context: &Context) -> Result<(), CommandError> {
    let rows: Vec<Shown> = context
        .registry()
        .resources()
        .await?
        .into_iter()
        .map(Shown::from)
        .collect();
    let headings = ["CLIENT ID", "NAME", "URL", "STATE", "INTROSPECTION"];
    context.output.table(&headings, &rows, |row| {
        let state = if row.disabled { "disabled" } else { "enabled" };
        vec![
            row.client_id.clone(),
            row.name.clone(),
            row.url.clone(),
            state.to_owned(),
            described(row.encryption_key.is_some(), row.requires_signed_introspection).to_owned(),
        ]
    });
    Ok(())
}

async fn show(context: &Context, id: &str) -> Result<(), CommandError> {
    let shown = Shown::from(known(context, id).await?);
    let key = shown.encryption_key.as_ref().and_then(|key| key.kid.as_deref());
    let text = format!(
        "{}\n  client_id      {}\n  url            {}\n  scope prefix   {}\n  e-mail claims  {}\n  state          {}\n  \
         introspection  {}\n  encryption key {}",
        shown.name,
        shown.client_id,
        shown.url,
        shown.scope_prefix.as_deref().unwrap_or("-"),
        if shown.first_party { "yes" } else { "no" },
        if shown.disabled { "disabled" } else { "enabled" },
        described(key.is_some(), shown.requires_signed_introspection),
        key.unwrap_or("-"),
    );
    context.output.done(&text, &shown);
    Ok(())
}

async fn known(context: &Context, id: &str) -> Result<ResourceServer, CommandError> {
    found(context.registry().resource(id).await, || missing(id))
}

fn missing(id: &str) -> String {
    format!("there is no resource server {id}")
}

async fn rotate_secret(context: &Context, id: &str) -> Result<(), CommandError> {
    let made = context.registry().rotate_resource_secret(id).await;
    let secret = found(made, || missing(id))?;
    context.output.secret(
        &format!("INTROSPECTION_CLIENT_SECRET={}", secret.reveal()),
        &json!({"client_id": id, "client_secret": secret.reveal()}),
    );
    Ok(())
}

async fn disable(context: &Context, id: &str) -> Result<(), CommandError> {
    let done = context.registry().set_resource_disabled(id, true).await;
    found(done, || missing(id))?;
    context.output.done(
        &format!("resource server {id} disabled"),
        &json!({"client_id": id, "disabled": true}),
    );
    Ok(())
}
