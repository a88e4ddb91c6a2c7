//! Codes: of the authenticator app (RFC 6238), and recovery codes.

use uuid::Uuid;

use super::HalfSignedIn;
use crate::domain::audit::AuditKind;
use crate::domain::second_factor::{Proof, recovery_code};
use crate::domain::secret::PlainToken;
use crate::domain::session::Session;
use crate::domain::totp::{TotpSecret, digits};
use crate::flows::audit::Subject;
use crate::flows::{FlowError, Services};
use crate::store::sql::{self, recovery_codes};

const RECOVERY_LABEL: &str = "recovery-code";

impl Services {
    /// Signs in who is half signed in and shows a code of either kind; none when it is wrong or was used.
    pub async fn finish_with_code(
        &self,
        half: &HalfSignedIn,
        code: &str,
        address: &str,
        user_agent: &str,
    ) -> Result<Option<(PlainToken, Session)>, FlowError> {
        let user = &half.user;
        let attempt = self.count_attempt(&user.email, address, None).await?;
        self.count_code(user.id, address).await?;
        let Some(proof) = self.take_code(user.id, code).await? else {
            self.attempt_failed(&attempt).await?;
            let subject = Subject {
                user_id: Some(user.id),
                client_id: None,
                address: Some(address),
            };
            let detail = "the password was right, the code of the second factor was not";
            self.audit(AuditKind::SignInFailed, subject, detail).await;
            return Ok(None);
        };
        self.attempt_succeeded(&attempt).await?;
        self.code_succeeded(user.id).await?;
        self.finish_half(half, proof, address, user_agent).await
    }

    /// Uses up a code of either kind; none when it is wrong or was used.
    async fn take_code(&self, user_id: Uuid, typed: &str) -> Result<Option<Proof>, FlowError> {
        let now = self.clock.now();
        if let Some(code) = digits(typed) {
            let Some(row) = sql::totp::find(&self.database, user_id).await? else {
                return Ok(None);
            };
            let secret = TotpSecret::stored(self.keys.unseal(&row.secret, row.encrypted)?);
            let Some(step) = secret.step_of(&code, now) else {
                return Ok(None);
            };
            let taken = sql::totp::take_step(&self.database, user_id, step, now).await?;
            return Ok(taken.then_some(Proof::Totp));
        }
        let Some(code) = recovery_code(typed) else {
            return Ok(None);
        };
        let hash = self.recovery_hash(user_id, &code);
        let taken = recovery_codes::take(&self.database, user_id, &hash, now).await?;
        Ok(taken.then_some(Proof::RecoveryCode))
    }

    /// What is stored of a recovery code, in plain characters.
    pub(super) fn recovery_hash(&self, user_id: Uuid, code: &str) -> String {
        self.mac.hex(RECOVERY_LABEL, &[&user_id.to_string(), code])
    }
}
