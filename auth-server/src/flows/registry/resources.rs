//! Resource servers: audiences of tokens, with the right to introspect them.

use std::sync::Arc;

use token_format::key::EncryptionKey;
use url::Url;
use uuid::Uuid;

use super::Registry;
use super::problem::{Problem, RegistryError, Thing, refuse};
use crate::domain::application::{ResourceServer, check_name};
use crate::domain::audit::AuditKind;
use crate::domain::event::Event;
use crate::domain::secret::{HashedToken, PlainToken};
use crate::mint::SECRET_MARK;
use crate::store::StoreError;
use crate::store::sql::resources::{self, KeyChange};

/// A resource server to be registered.
#[derive(Debug)]
pub struct NewResource {
    /// Shown to administrators.
    pub name: String,
    /// Its address, the `aud` of its tokens (RFC 8707).
    pub url: String,
    /// Prefix that its scopes may carry.
    pub scope_prefix: Option<String>,
    /// Run by the same operator: its tokens carry users' e-mail addresses.
    pub first_party: bool,
    /// To whom signed introspection answers are encrypted (RFC 9701).
    pub encryption_key: Option<EncryptionKey>,
    /// Introspection answers it in signed form or not at all.
    pub requires_signed_introspection: bool,
    /// What is kept of a secret that exists already; none: one is made.
    pub secret: Option<HashedToken>,
}

/// What to change of how introspection answers a resource server.
#[derive(Debug, Default)]
pub struct IntrospectionChange {
    /// The key; `Some(None)` takes it away.
    pub encryption_key: Option<Option<EncryptionKey>>,
    /// Whether unsigned answers are refused.
    pub requires_signed: Option<bool>,
}

/// What to change of a resource server; what is none stays as it is. Its address never changes: it is the audience of
/// tokens.
#[derive(Debug, Default)]
pub struct ResourceChange {
    /// Shown to administrators.
    pub name: Option<String>,
    /// Prefix that its scopes may carry.
    pub scope_prefix: Option<Option<String>>,
    /// Whether its tokens carry users' e-mail addresses.
    pub first_party: Option<bool>,
    /// Blocked.
    pub disabled: Option<bool>,
    /// The key; `Some(None)` takes it away.
    pub encryption_key: Option<Option<EncryptionKey>>,
    /// Whether unsigned answers of introspection are refused.
    pub requires_signed_introspection: Option<bool>,
}

impl Registry<'_> {
    /// Registers a resource server, and returns it with its secret if that was made.
    pub async fn add_resource(
        &self,
        new: NewResource,
    ) -> Result<(ResourceServer, Option<PlainToken>), RegistryError> {
        self.insert_resource(Uuid::new_v4(), new).await
    }

    /// The same under an id.
    pub(super) async fn insert_resource(
        &self,
        client_id: Uuid,
        new: NewResource,
    ) -> Result<(ResourceServer, Option<PlainToken>), RegistryError> {
        refuse(resource_problems(
            &new.name,
            &new.url,
            new.scope_prefix.as_deref(),
        ))?;
        let made = new.secret.is_none().then(|| PlainToken::generate(SECRET_MARK));
        let hash = match (&made, new.secret) {
            (Some(made), _) => made.hashed(),
            (None, Some(given)) => given,
            (None, None) => return Err(RegistryError::NotFound(Thing::Secret)),
        };
        let resource = ResourceServer {
            client_id: client_id.to_string(),
            name: new.name,
            url: new.url,
            scope_prefix: new.scope_prefix,
            first_party: new.first_party,
            disabled: false,
            encryption_key: new.encryption_key.map(Arc::new),
            requires_signed_introspection: new.requires_signed_introspection,
            secrets: Vec::new(),
            created_at: self.clock.now(),
        };
        match resources::insert(self.database, &resource, &hash).await {
            Err(StoreError::Constraint(_)) => return Err(Problem::Taken.of("url").into()),
            other => other?,
        }
        let detail = format!("resource server {} added", resource.url);
        self.resource_changed(&resource.client_id, AuditKind::AdminCommand, detail)
            .await?;
        Ok((resource, made))
    }

    /// Every resource server, oldest first: there are few of them.
    pub async fn resources(&self) -> Result<Vec<ResourceServer>, RegistryError> {
        Ok(resources::all(self.database).await?)
    }

    /// Finds a resource server.
    pub async fn resource(&self, client_id: &str) -> Result<ResourceServer, RegistryError> {
        self.resources()
            .await?
            .into_iter()
            .find(|resource| resource.client_id == client_id)
            .ok_or(RegistryError::NotFound(Thing::ResourceServer))
    }

    /// Changes a resource server.
    pub async fn edit_resource(
        &self,
        client_id: &str,
        change: ResourceChange,
    ) -> Result<ResourceServer, RegistryError> {
        let mut resource = self.resource(client_id).await?;
        resource.name = change.name.unwrap_or(resource.name);
        resource.scope_prefix = change.scope_prefix.unwrap_or(resource.scope_prefix);
        resource.first_party = change.first_party.unwrap_or(resource.first_party);
        resource.disabled = change.disabled.unwrap_or(resource.disabled);
        if let Some(key) = change.encryption_key {
            resource.encryption_key = key.map(Arc::new);
        }
        resource.requires_signed_introspection = change
            .requires_signed_introspection
            .unwrap_or(resource.requires_signed_introspection);
        refuse(resource_problems(
            &resource.name,
            &resource.url,
            resource.scope_prefix.as_deref(),
        ))?;
        if !resources::update(self.database, &resource).await? {
            return Err(RegistryError::NotFound(Thing::ResourceServer));
        }
        let detail = format!("resource server {} changed", resource.url);
        self.resource_changed(client_id, AuditKind::AdminCommand, detail)
            .await?;
        Ok(resource)
    }

    /// Changes how introspection answers a resource server.
    pub async fn set_resource_introspection(
        &self,
        client_id: &str,
        change: &IntrospectionChange,
    ) -> Result<ResourceServer, RegistryError> {
        let key = match &change.encryption_key {
            None => KeyChange::Keep,
            Some(None) => KeyChange::Remove,
            Some(Some(key)) => KeyChange::Set(key),
        };
        if !resources::set_introspection(self.database, client_id, &key, change.requires_signed).await? {
            return Err(RegistryError::NotFound(Thing::ResourceServer));
        }
        let resource = self.resource(client_id).await?;
        let kid = resource.encryption_key.as_ref().map(|key| key.kid());
        let detail = format!(
            "introspection: {}, key {}",
            described(kid.is_some(), resource.requires_signed_introspection),
            kid.unwrap_or("none")
        );
        self.resource_changed(client_id, AuditKind::AdminCommand, detail)
            .await?;
        Ok(resource)
    }

    /// Makes a new secret; the old one stops working.
    pub async fn rotate_resource_secret(&self, client_id: &str) -> Result<PlainToken, RegistryError> {
        self.resource(client_id).await?;
        let secret = PlainToken::generate(SECRET_MARK);
        resources::replace_secret(self.database, client_id, &secret.hashed(), self.clock.now()).await?;
        let detail = "secret replaced".to_owned();
        self.resource_changed(client_id, AuditKind::SecretChanged, detail)
            .await?;
        Ok(secret)
    }

    /// Blocks a resource server: no introspection, no feed, no new tokens for it. Or lets it work again.
    pub async fn set_resource_disabled(
        &self,
        client_id: &str,
        disabled: bool,
    ) -> Result<ResourceServer, RegistryError> {
        if !resources::set_disabled(self.database, client_id, disabled).await? {
            return Err(RegistryError::NotFound(Thing::ResourceServer));
        }
        let state = if disabled { "disabled" } else { "enabled" };
        let detail = format!("resource server {state}");
        self.resource_changed(client_id, AuditKind::AdminCommand, detail)
            .await?;
        self.resource(client_id).await
    }

    async fn resource_changed(
        &self,
        client_id: &str,
        kind: AuditKind,
        detail: String,
    ) -> Result<(), RegistryError> {
        let event = Event::ResourceChanged {
            client_id: client_id.to_owned(),
        };
        self.announce(&event).await?;
        self.audit(kind, None, Some(client_id), detail).await?;
        Ok(())
    }
}

/// The forms of answers that a resource server can get, for people.
pub fn described(has_key: bool, requires_signed: bool) -> &'static str {
    match (has_key, requires_signed) {
        (false, false) => "plain or signed",
        (true, false) => "plain or encrypted",
        (false, true) => "signed",
        (true, true) => "encrypted",
    }
}

/// What is wrong with a resource server.
pub(super) fn resource_problems(name: &str, url: &str, prefix: Option<&str>) -> Vec<super::FieldProblem> {
    let mut problems = Vec::new();
    if check_name(name).is_err() {
        problems.push(Problem::Name.of("name"));
    }
    let sound =
        Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.fragment().is_none());
    if !sound {
        problems.push(Problem::Resource.of("url"));
    }
    problems.extend(prefix_problem(prefix));
    problems
}

fn prefix_problem(prefix: Option<&str>) -> Option<super::FieldProblem> {
    let prefix = prefix?;
    let mut set = token_format::scope::ScopeSet::default();
    let reason = match set.insert(prefix) {
        Ok(()) if !prefix.is_empty() => return None,
        Ok(()) => "a prefix is not empty".to_owned(),
        Err(error) => error.to_string(),
    };
    Some(Problem::Scope { reason }.of("scope_prefix"))
}
