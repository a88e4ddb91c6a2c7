//! Secrets of applications: several may live beside each other, each with a label. A value is given once, when it is
//! made; tokens that were issued with an old one live on (S3.56).

use uuid::Uuid;

use super::Registry;
use super::checks;
use super::problem::{Conflict, Problem, RegistryError, Thing, refuse};
use crate::domain::application::ReviewStatus;
use crate::domain::audit::AuditKind;
use crate::domain::secret::PlainToken;
use crate::mint::SECRET_MARK;
use crate::store::sql::client_secrets;

/// How many secrets of one application may work at once.
pub const MAX_SECRETS: i64 = 10;
/// The longest overlap of an old secret with its successor, seconds.
pub const MAX_OVERLAP_SECONDS: i64 = 30 * 86_400;
const LONGEST_LABEL: usize = 100;

/// A secret that was made.
#[derive(Clone, Debug)]
pub struct NewSecret {
    /// Its id, by which it is taken away.
    pub id: Uuid,
    /// Its value, which is not shown again.
    pub secret: PlainToken,
}

impl Registry<'_> {
    /// Makes a secret beside the others.
    pub async fn add_secret(
        &self,
        client_id: &str,
        label: Option<&str>,
        expires_at: Option<i64>,
    ) -> Result<NewSecret, RegistryError> {
        let now = self.clock.now();
        let mut problems = Vec::new();
        if let Some(Err(problem)) = label.map(|label| checks::text(label, LONGEST_LABEL)) {
            problems.push(problem.of("label"));
        }
        if expires_at.is_some_and(|end| end <= now) {
            problems.push(Problem::Past.of("expires_at"));
        }
        refuse(problems)?;
        self.with_secrets(client_id).await?;
        let (made, plain) = self.new_secret();
        let kept = client_secrets::NewSecret {
            id: made,
            hash: &plain.hashed(),
            label,
            created_at: now,
            expires_at,
        };
        if !client_secrets::add(self.database, client_id, &kept, MAX_SECRETS).await? {
            return Err(Conflict::TooManySecrets.into());
        }
        self.secret_made(client_id, &format!("secret {made} added")).await;
        Ok(NewSecret {
            id: made,
            secret: plain,
        })
    }

    /// Makes a secret in place of the others, which work `overlap_seconds` longer.
    pub async fn rotate_secret(
        &self,
        client_id: &str,
        overlap_seconds: i64,
        label: Option<&str>,
    ) -> Result<NewSecret, RegistryError> {
        let mut problems = Vec::new();
        if let Some(Err(problem)) = label.map(|label| checks::text(label, LONGEST_LABEL)) {
            problems.push(problem.of("label"));
        }
        if !(0..=MAX_OVERLAP_SECONDS).contains(&overlap_seconds) {
            let (least, most) = (0, MAX_OVERLAP_SECONDS);
            problems.push(Problem::Range { least, most }.of("overlap_seconds"));
        }
        refuse(problems)?;
        self.with_secrets(client_id).await?;
        let now = self.clock.now();
        let (made, plain) = self.new_secret();
        let kept = client_secrets::NewSecret {
            id: made,
            hash: &plain.hashed(),
            label,
            created_at: now,
            expires_at: None,
        };
        let old_ends_at = (overlap_seconds > 0).then_some(now + overlap_seconds);
        client_secrets::replace(self.database, client_id, &kept, old_ends_at).await?;
        let detail = format!("secret replaced, overlap {overlap_seconds} s");
        self.secret_made(client_id, &detail).await;
        Ok(NewSecret {
            id: made,
            secret: plain,
        })
    }

    /// Takes one secret away, which stops working at once; tokens that were issued with it live on.
    pub async fn revoke_secret(&self, client_id: &str, id: Uuid) -> Result<(), RegistryError> {
        self.application(client_id).await?;
        if !client_secrets::remove(self.database, client_id, id).await? {
            return Err(RegistryError::NotFound(Thing::Secret));
        }
        self.secrets_changed(client_id, &format!("secret {id} taken away"))
            .await
    }

    /// An application that may have secrets. One that waits for its review has none yet (S4.27).
    async fn with_secrets(&self, client_id: &str) -> Result<(), RegistryError> {
        let application = self.application(client_id).await?.application;
        if !application.has_secret() {
            return Err(Conflict::NoSecret.into());
        }
        if application.secrets.is_empty() && application.review != ReviewStatus::Approved {
            return Err(Conflict::NotApproved.into());
        }
        Ok(())
    }

    fn new_secret(&self) -> (Uuid, PlainToken) {
        (self.clock.new_id(), PlainToken::generate(SECRET_MARK))
    }

    /// What follows a new secret. Its value is shown once, now: what goes wrong here must not cost it. Servers that
    /// were not told read the application anew within a minute.
    async fn secret_made(&self, client_id: &str, detail: &str) {
        if let Err(error) = self.secrets_changed(client_id, detail).await {
            tracing::error!(%error, client_id, detail, "a new secret was not announced or not written in the audit log");
        }
    }

    async fn secrets_changed(&self, client_id: &str, detail: &str) -> Result<(), RegistryError> {
        self.announce_application(client_id).await?;
        self.audit(AuditKind::SecretChanged, None, Some(client_id), detail)
            .await?;
        Ok(())
    }
}
