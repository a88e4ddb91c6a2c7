//! Users, resource servers and API keys as they are declared.

use std::sync::Arc;

use serde_json::json;
use token_format::key::EncryptionKey;
use uuid::Uuid;

use super::{
    Declaration, DeclaredKey, DeclaredResource, DeclaredUser, Outcome, difference, differing, flag, kinds,
    names,
};
use crate::domain::api_key::ApiKey;
use crate::domain::application::{ResourceServer, check_name};
use crate::domain::audit::AuditKind;
use crate::domain::event::Event;
use crate::domain::role::{Role, RolesChange};
use crate::domain::secret::PlainToken;
use crate::domain::user::normalize_email;
use crate::flows::registry::Registry;
use crate::flows::registry::problem::{Problem, RegistryError, Thing, refuse};
use crate::flows::registry::resources::{NewResource, resource_problems};
use crate::flows::registry::users::{self, NewUser, UserChange};
use crate::mint::API_KEY_MARK;
use crate::passwords::Passwords;
use crate::store::sql::{api_keys, applied, resources, users as accounts};

impl Registry<'_> {
    /// Makes a user what is declared.
    pub async fn declare_user(
        &self,
        declared: &DeclaredUser,
        dry_run: bool,
    ) -> Result<Declaration, RegistryError> {
        let email =
            normalize_email(&declared.email).map_err(|reason| Problem::Email { reason }.of("email"))?;
        let Some(user) = accounts::find_by_email(self.database, &email).await? else {
            return self.add_declared_user(declared, &email, dry_run).await;
        };
        let before = self.user(user.id).await?;
        let id = user.id.to_string();
        let mut differences = Vec::new();
        if let Some(name) = declared.name.as_ref().filter(|name| **name != user.name) {
            differences.push(difference("name", json!(user.name), json!(name)));
        }
        if let Some(roles) = &declared.roles {
            let (had, mut wanted) = (Role::of(&user), roles.clone());
            wanted.sort_by_key(|role| Role::ALL.iter().position(|known| known == role));
            wanted.dedup();
            if had != wanted {
                differences.push(difference("roles", json!(had), json!(wanted)));
            }
        }
        if declared.language.is_some() && declared.language != user.language {
            differences.push(difference(
                "language",
                json!(user.language),
                json!(declared.language),
            ));
        }
        differences.extend(flag("disabled", user.disabled, declared.disabled));
        let change = UserChange {
            name: declared.name.clone(),
            roles: declared
                .roles
                .as_deref()
                .map(RolesChange::exactly)
                .unwrap_or_default(),
            language: declared.language.clone().map(Some),
            disabled: Some(declared.disabled),
            email: None,
        };
        users::check_change(&change)?;
        let declaration = Declaration::changed(id, differences);
        if !dry_run && declaration.outcome == Outcome::Changed {
            self.edit_user(user.id, &change, Some(before.version)).await?;
        } else if !dry_run && declared.disabled {
            // A block is repeated in case an earlier one got no further.
            self.accounts().end_access(user.id).await?;
            self.announce(&Event::UserChanged { user_id: user.id }).await?;
        }
        Ok(declaration)
    }

    async fn add_declared_user(
        &self,
        declared: &DeclaredUser,
        email: &str,
        dry_run: bool,
    ) -> Result<Declaration, RegistryError> {
        if let Some(hash) = &declared.password_hash
            && !Passwords::is_hash(hash)
        {
            let reason = "a password hash is Argon2id in PHC format";
            return Err(Problem::NewPassword { reason }.of("password_hash").into());
        }
        let new = NewUser {
            email: email.to_owned(),
            name: declared.name.clone(),
            password: None,
            roles: RolesChange::exactly(declared.roles.as_deref().unwrap_or_default()),
            language: declared.language.clone(),
        };
        users::check_new(&new)?;
        if dry_run {
            return Ok(Declaration::of(None, Outcome::Added));
        }
        let hash = declared.password_hash.clone();
        // The mark comes first: a run that is cut off in between leaves nothing that --prune would not know. A mark
        // without its user is nothing.
        let id = self.clock.new_id();
        applied::insert(self.database, kinds::USER, email, &id.to_string()).await?;
        let made = self.insert_user(id, new, hash, declared.disabled).await?;
        let id = made.user_id.to_string();
        if made.claimed {
            applied::insert(self.database, kinds::USER, email, &id).await?;
        }
        Ok(Declaration::of(Some(id), Outcome::Added))
    }

    /// Makes a resource server what is declared.
    pub async fn declare_resource(
        &self,
        declared: &DeclaredResource,
        dry_run: bool,
    ) -> Result<Declaration, RegistryError> {
        refuse(resource_problems(
            &declared.name,
            &declared.url,
            declared.scope_prefix.as_deref(),
        ))?;
        let known = resources::all(self.database).await?;
        let key = || match &declared.encryption_key {
            None => Ok(None),
            Some(key) => EncryptionKey::try_from(key.jwk()).map(Some).map_err(|error| {
                let reason = error.to_string();
                RegistryError::from(Problem::Key { reason }.of("encryption_key"))
            }),
        };
        let Some(before) = known.into_iter().find(|resource| resource.url == declared.url) else {
            if dry_run {
                return Ok(Declaration::of(None, Outcome::Added));
            }
            let new = NewResource {
                name: declared.name.clone(),
                url: declared.url.clone(),
                scope_prefix: declared.scope_prefix.clone(),
                first_party: declared.first_party,
                encryption_key: key()?,
                requires_signed_introspection: declared.requires_signed_introspection,
                secret: declared.secret.clone(),
            };
            // The mark comes first, as it does with users.
            let id = Uuid::new_v4();
            applied::insert(self.database, kinds::RESOURCE, &declared.url, &id.to_string()).await?;
            let (made, secret) = self.insert_resource(id, new).await?;
            if declared.disabled {
                self.set_resource_disabled(&made.client_id, true).await?;
            }
            return Ok(Declaration {
                secret,
                ..Declaration::of(Some(made.client_id), Outcome::Added)
            });
        };
        let mut after = before.clone();
        after.name.clone_from(&declared.name);
        after.scope_prefix.clone_from(&declared.scope_prefix);
        after.first_party = declared.first_party;
        after.requires_signed_introspection = declared.requires_signed_introspection;
        after.disabled = declared.disabled;
        after.encryption_key = key()?.map(Arc::new);
        let kid = |key: &Option<Arc<EncryptionKey>>| json!(key.as_ref().map(|key| key.kid()));
        let shown = |resource: &ResourceServer| {
            json!({
                "name": resource.name,
                "scope_prefix": resource.scope_prefix,
                "first_party": resource.first_party,
                "requires_signed_introspection": resource.requires_signed_introspection,
                "disabled": resource.disabled,
                "encryption_key": kid(&resource.encryption_key),
            })
        };
        let differences = differing(&shown(&before), &shown(&after));
        let declaration = Declaration::changed(before.client_id.clone(), differences);
        if !dry_run && declaration.outcome == Outcome::Changed {
            resources::update(self.database, &after).await?;
            let event = Event::ResourceChanged {
                client_id: before.client_id.clone(),
            };
            self.announce(&event).await?;
            let detail = format!(
                "resource server {} changed by apply: {}",
                before.url,
                names(&declaration.differences)
            );
            self.audit(AuditKind::AdminCommand, None, Some(&before.client_id), detail)
                .await?;
        }
        Ok(declaration)
    }

    /// Makes an API key what is declared. Which key has the name is what `apply` remembers.
    pub async fn declare_api_key(
        &self,
        declared: &DeclaredKey,
        dry_run: bool,
    ) -> Result<Declaration, RegistryError> {
        if check_name(&declared.name).is_err() {
            return Err(Problem::Name.of("name").into());
        }
        let made = applied::all(self.database, kinds::API_KEY).await?;
        let id = made.into_iter().find(|(name, _)| *name == declared.name);
        let before = match id.and_then(|(_, id)| id.parse::<Uuid>().ok()) {
            Some(id) => api_keys::find(self.database, id).await?,
            None => None,
        };
        if let Some(before) = before {
            if before.client_id != declared.client_id {
                let reason = "a key stays with its application: give the new one another name";
                return Err(Problem::Kind { reason }.of("client_id").into());
            }
            let differences = flag("disabled", before.disabled, declared.disabled)
                .into_iter()
                .collect();
            let declaration = Declaration::changed(before.id.to_string(), differences);
            if !dry_run && declaration.outcome == Outcome::Changed {
                self.set_api_key_disabled(before.id, declared.disabled).await?;
            }
            return Ok(declaration);
        }
        if dry_run {
            return Ok(Declaration::of(None, Outcome::Added));
        }
        self.check_keyed(&declared.client_id).await?;
        let plain = declared
            .hash
            .is_none()
            .then(|| PlainToken::generate(API_KEY_MARK));
        let hash = match (&plain, &declared.hash) {
            (Some(plain), _) => plain.hashed(),
            (None, Some(hash)) => hash.clone(),
            (None, None) => return Err(RegistryError::NotFound(Thing::Secret)),
        };
        let key = ApiKey {
            id: self.clock.new_id(),
            client_id: declared.client_id.clone(),
            name: declared.name.clone(),
            hash,
            disabled: declared.disabled,
            created_at: self.clock.now(),
        };
        // First: a run that is cut off here makes the key anew, instead of a second one.
        applied::insert(self.database, kinds::API_KEY, &key.name, &key.id.to_string()).await?;
        api_keys::insert(self.database, &key).await?;
        let detail = format!("API key {} {:?} added by apply", key.id, key.name);
        self.audit(AuditKind::SecretChanged, None, Some(&key.client_id), detail)
            .await?;
        Ok(Declaration {
            secret: plain,
            ..Declaration::of(Some(key.id.to_string()), Outcome::Added)
        })
    }
}
