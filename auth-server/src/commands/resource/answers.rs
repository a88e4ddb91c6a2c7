//! How introspection answers a resource server (RFC 9701): in which form, encrypted to which key.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use token_format::key::{EncryptionKey, KeyManagement};

use super::super::{CommandError, Context, refused};
use super::known;
use crate::domain::audit::AuditKind;
use crate::domain::event::Event;
use crate::store::sql::resources::{self, KeyChange};

/// A longer file is not a key, bytes.
const LONGEST_FILE: u64 = 64 * 1024;

/// Options of `resource add` and `resource set-key`.
#[derive(Args, Debug)]
pub(in crate::commands) struct Answers {
    /// Encrypt signed introspection answers to this public key: a file with a JWK, a JWK Set or PEM.
    #[arg(long, value_name = "FILE")]
    encryption_key: Option<PathBuf>,
    /// RSA-OAEP-256, RSA-OAEP or ECDH-ES, for a key that does not say so itself.
    #[arg(long, value_name = "ALG", requires = "encryption_key")]
    encryption_alg: Option<KeyManagement>,
    /// Refuse it plain answers: it always gets signed ones.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(super) require_signed_introspection: Option<bool>,
}

impl Answers {
    /// Reads the public key, if one is named.
    pub(super) fn read_key(&self) -> Result<Option<EncryptionKey>, CommandError> {
        let Some(path) = &self.encryption_key else {
            return Ok(None);
        };
        let failed = |reason: &dyn std::fmt::Display| refused(format!("{}: {reason}", path.display()));
        let text = read_file(path).map_err(|error| failed(&error))?;
        EncryptionKey::read(&text, self.encryption_alg)
            .map(Some)
            .map_err(|error| failed(&error))
    }
}

fn read_file(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LONGEST_FILE).read_to_string(&mut text)?;
    Ok(text)
}

/// `resource set-key`: changes what is named and keeps the rest.
pub(super) async fn set(
    context: &Context,
    id: &str,
    remove: bool,
    answers: &Answers,
) -> Result<(), CommandError> {
    let key = answers.read_key()?;
    let change = match &key {
        Some(key) => KeyChange::Set(key),
        None if remove => KeyChange::Remove,
        None => KeyChange::Keep,
    };
    let requires_signed = answers.require_signed_introspection;
    if matches!(change, KeyChange::Keep) && requires_signed.is_none() {
        return Err(refused(
            "nothing to change: give --encryption-key, --remove or --require-signed-introspection",
        ));
    }
    if !resources::set_introspection(&context.database, id, &change, requires_signed).await? {
        return Err(refused(format!("there is no resource server {id}")));
    }
    context
        .announce(&Event::ResourceChanged {
            client_id: id.to_owned(),
        })
        .await?;
    let now = known(context, id).await?;
    let kid = now.encryption_key.as_ref().map(|key| key.kid());
    let form = described(kid.is_some(), now.requires_signed_introspection);
    context
        .audit(
            AuditKind::AdminCommand,
            None,
            Some(id),
            format!("introspection: {form}, key {}", kid.unwrap_or("none")),
        )
        .await?;
    context.output.done(
        &format!("introspection of resource server {id}: {form}"),
        &json!({
            "client_id": id,
            "encryption_key": now.encryption_key.as_ref().map(|key| key.jwk()),
            "requires_signed_introspection": now.requires_signed_introspection,
        }),
    );
    Ok(())
}

/// The forms of answers that a resource server can get, for people.
pub(super) fn described(has_key: bool, requires_signed: bool) -> &'static str {
    match (has_key, requires_signed) {
        (false, false) => "plain or signed",
        (true, false) => "plain or encrypted",
        (false, true) => "signed",
        (true, true) => "encrypted",
    }
}
