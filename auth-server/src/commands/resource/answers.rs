//! How introspection answers a resource server (RFC 9701): in which form, encrypted to which key.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use token_format::key::{EncryptionKey, KeyManagement};

use super::super::{CommandError, Context, found, refused};
use super::missing;
use crate::flows::registry::{IntrospectionChange, described};

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
    let encryption_key = match answers.read_key()? {
        Some(key) => Some(Some(key)),
        None => remove.then_some(None),
    };
    let requires_signed = answers.require_signed_introspection;
    if encryption_key.is_none() && requires_signed.is_none() {
        return Err(refused(
            "nothing to change: give --encryption-key, --remove or --require-signed-introspection",
        ));
    }
    let change = IntrospectionChange {
        encryption_key,
        requires_signed,
    };
    let changed = context.registry().set_resource_introspection(id, &change).await;
    let now = found(changed, || missing(id))?;
    let form = described(now.encryption_key.is_some(), now.requires_signed_introspection);
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
