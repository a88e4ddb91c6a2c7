//! The file that `auth-server apply` reads: TOML, or JSON of the same shape.

use std::fmt::Display;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use token_format::key::EncryptionKey;
use token_format::scope::ScopeSet;

use crate::domain::application::{About, ReviewStatus};
use crate::domain::policy::Profile;
use crate::domain::policy_change::PolicyChange;
use crate::domain::role::Role;
use crate::domain::secret::HashedToken;
use crate::flows::registry::{
    DeclaredApplication, DeclaredKey, DeclaredResource, DeclaredUser, Kind, NewApplication,
};

/// Everything that is declared.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct File {
    pub(super) resource_servers: Vec<Resource>,
    pub(super) users: Vec<User>,
    pub(super) applications: Vec<Application>,
    pub(super) api_keys: Vec<ApiKey>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Resource {
    pub(super) url: String,
    name: String,
    scope_prefix: Option<String>,
    first_party: Option<bool>,
    #[serde(default)]
    requires_signed_introspection: bool,
    encryption_key: Option<Value>,
    secret_hash: Option<String>,
    #[serde(default)]
    disabled: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct User {
    pub(super) email: String,
    name: Option<String>,
    roles: Option<Vec<Role>>,
    language: Option<String>,
    password_hash: Option<String>,
    #[serde(default)]
    disabled: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct Application {
    pub(super) client_id: String,
    name: String,
    pub(super) profile: Option<Profile>,
    #[serde(default)]
    public: bool,
    #[serde(default)]
    key_only: bool,
    policy: Option<PolicyChange>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    #[serde(default)]
    scope: Scope,
    #[serde(default)]
    domains: Vec<String>,
    /// The e-mail address of the user who answers for it.
    pub(super) owner: Option<String>,
    #[serde(default)]
    pending: bool,
    #[serde(default)]
    disabled: bool,
    homepage_url: Option<String>,
    policy_url: Option<String>,
    logo_url: Option<String>,
    use_case: Option<String>,
    description: Option<String>,
    secret_hashes: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApiKey {
    pub(super) name: String,
    application: String,
    hash: Option<String>,
    #[serde(default)]
    disabled: bool,
}

/// Permissions: as one text with spaces, or as a list.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Scope {
    Text(ScopeSet),
    List(Vec<String>),
}

impl Default for Scope {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl Scope {
    fn read(&self) -> Result<ScopeSet, String> {
        match self {
            Self::Text(set) => Ok(set.clone()),
            Self::List(values) => values
                .join(" ")
                .parse()
                .map_err(|error| format!("scope: {error}")),
        }
    }
}

/// Reads a file; what ends in `.json` is JSON, everything else TOML.
pub(super) fn read(path: &Path) -> Result<File, String> {
    let failed = |error: &dyn Display| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    let is_json = path.extension().is_some_and(|extension| extension == "json");
    let file: File = if is_json {
        serde_json::from_str(&text).map_err(|error| failed(&error))?
    } else {
        toml::from_str(&text).map_err(|error| failed(&placed(&error, &text)))?
    };
    file.check_names().map_err(|error| failed(&error))?;
    Ok(file)
}

/// What is wrong with a TOML text and where, in one line.
fn placed(error: &toml::de::Error, text: &str) -> String {
    let message = error.message().replace('\n', ", ");
    let before = error.span().and_then(|span| text.get(..span.start));
    before.map_or_else(
        || message.clone(),
        |before| {
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            format!("{message} at line {line} column {column}")
        },
    )
}

impl File {
    /// Refuses a thing that is declared twice.
    fn check_names(&self) -> Result<(), String> {
        let mut seen: Vec<(&str, String)> = Vec::new();
        let names = (self
            .resource_servers
            .iter()
            .map(|one| ("resource_servers", one.url.clone())))
        .chain(self.users.iter().map(|one| ("users", one.email.to_lowercase())))
        .chain(
            self.applications
                .iter()
                .map(|one| ("applications", one.client_id.clone())),
        )
        .chain(self.api_keys.iter().map(|one| ("api_keys", one.name.clone())));
        for (section, name) in names {
            if seen.iter().any(|known| *known == (section, name.clone())) {
                return Err(format!("{section}: {name:?} is declared twice"));
            }
            seen.push((section, name));
        }
        Ok(())
    }
}

/// SHA-256 in hexadecimal, as `sha256sum` writes it.
fn read_hash(text: &str) -> Result<HashedToken, String> {
    let sound = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if sound {
        Ok(HashedToken::stored(text))
    } else {
        Err("the hash of a secret is SHA-256 in 64 lower-case hexadecimal digits".to_owned())
    }
}

impl Resource {
    pub(super) fn declared(&self) -> Result<DeclaredResource, String> {
        let key = |value: &Value| {
            let text = match value {
                Value::String(pem) => pem.clone(),
                other => other.to_string(),
            };
            EncryptionKey::read(&text, None).map_err(|error| format!("encryption_key: {error}"))
        };
        Ok(DeclaredResource {
            url: self.url.clone(),
            name: self.name.clone(),
            scope_prefix: self.scope_prefix.clone(),
            first_party: self.first_party.unwrap_or(true),
            requires_signed_introspection: self.requires_signed_introspection,
            encryption_key: self.encryption_key.as_ref().map(key).transpose()?,
            secret: self.secret_hash.as_deref().map(read_hash).transpose()?,
            disabled: self.disabled,
        })
    }
}

impl User {
    pub(super) fn declared(&self) -> DeclaredUser {
        DeclaredUser {
            email: self.email.clone(),
            name: self.name.clone(),
            roles: self.roles.clone(),
            language: self.language.clone(),
            password_hash: self.password_hash.clone(),
            disabled: self.disabled,
        }
    }
}

impl Application {
    /// Without its owner, who is looked up when there is one.
    pub(super) fn declared(&self) -> Result<DeclaredApplication, String> {
        let profile = self.profile.unwrap_or(Profile::Standard);
        let policy = profile.policy();
        let secrets = self.secret_hashes.as_ref();
        let secrets = secrets.map(|hashes| hashes.iter().map(|hash| read_hash(hash)).collect());
        let kind = match (self.public, self.key_only) {
            (false, false) => Kind::Confidential,
            (true, false) => Kind::Public,
            (false, true) => Kind::KeyOnly,
            (true, true) => return Err("public and key_only exclude each other".to_owned()),
        };
        if kind != Kind::Confidential && self.secret_hashes.is_some() {
            return Err("secret_hashes: this application has no secret".to_owned());
        }
        let application = NewApplication {
            client_id: Some(self.client_id.clone()),
            policy: match &self.policy {
                Some(change) => change.applied_to(policy),
                None => policy,
            },
            kind,
            redirect_uris: self.redirect_uris.clone(),
            scope: self.scope.read()?,
            domains: self.domains.clone(),
            review: if self.pending {
                ReviewStatus::Pending
            } else {
                ReviewStatus::Approved
            },
            homepage_url: self.homepage_url.clone(),
            policy_url: self.policy_url.clone(),
            about: About {
                description: self.description.clone(),
                use_case: self.use_case.clone(),
                logo_url: self.logo_url.clone(),
                logo: None,
            },
            ..NewApplication::of(profile, self.name.clone())
        };
        Ok(DeclaredApplication {
            application,
            disabled: self.disabled,
            secrets: secrets.transpose()?,
        })
    }
}

impl ApiKey {
    pub(super) fn declared(&self) -> Result<DeclaredKey, String> {
        Ok(DeclaredKey {
            name: self.name.clone(),
            client_id: self.application.clone(),
            hash: self.hash.as_deref().map(read_hash).transpose()?,
            disabled: self.disabled,
        })
    }
}
