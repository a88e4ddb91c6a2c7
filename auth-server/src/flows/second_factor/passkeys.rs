//! Passkeys at the sign-in: after the password, or instead of it.

use super::HalfSignedIn;
use super::ticket::Ticket;
use crate::domain::audit::AuditKind;
use crate::domain::second_factor::Proof;
use crate::domain::secret::PlainToken;
use crate::domain::session::{Amr, Session};
use crate::domain::user::User;
use crate::flows::audit::Subject;
use crate::flows::{FlowError, Services};
use crate::passkeys::{Ceremony, PasskeyError, RelyingParty};
use crate::store::sql::{self, users};

/// A challenge for whoever comes: instead of a password.
const ANYBODY: &str = "passkey-sign-in";
/// A challenge for one user: after the password.
const SECOND: &str = "passkey-second-factor";

impl Services {
    /// What a browser needs to ask for a passkey of anybody's; none when this server has no host name. The state is
    /// bound to the browser and good once.
    pub fn ask_for_passkey(&self, browser: &str) -> Option<Ceremony> {
        let ceremony = self.relying_party.start_authentication(&[]).ok()?;
        Some(Ceremony {
            state: self.write_ticket(ANYBODY, browser, &ceremony.state),
            ..ceremony
        })
    }

    /// The same for a passkey of the user who is half signed in; none without passkeys, too.
    pub async fn ask_for_second_passkey(
        &self,
        half: &HalfSignedIn,
        browser: &str,
    ) -> Result<Option<Ceremony>, FlowError> {
        let allowed = sql::passkeys::credential_ids(&self.database, half.user.id).await?;
        if allowed.is_empty() {
            return Ok(None);
        }
        let Ok(ceremony) = self.relying_party.start_authentication(&allowed) else {
            return Ok(None);
        };
        let purpose = format!("{SECOND}:{}", half.user.id);
        Ok(Some(Ceremony {
            state: self.write_ticket(&purpose, browser, &ceremony.state),
            ..ceremony
        }))
    }

    /// Signs in with a passkey alone; none when it proves nothing.
    pub async fn sign_in_with_passkey(
        &self,
        state: &str,
        answer: &str,
        browser: &str,
        address: &str,
        user_agent: &str,
    ) -> Result<Option<(PlainToken, User)>, FlowError> {
        self.check_address(address).await?;
        let ticket = self.read_ticket(ANYBODY, browser, state);
        let (user, proof) = match self.prove_passkey(ticket, answer, None).await? {
            Ok(proven) => proven,
            Err((user, reason)) => {
                self.address_failed(address).await?;
                self.passkey_failed(user.as_ref(), address, &reason).await;
                return Ok(None);
            }
        };
        let subject = Subject {
            user_id: Some(user.id),
            client_id: None,
            address: Some(address),
        };
        self.audit(AuditKind::SignIn, subject, "passkey").await;
        // The device asked for a finger or a PIN, so that the key alone is two factors.
        let amr = vec![proof.amr(), Amr::Mfa];
        let begun = self.begin_session(&user, amr, user_agent).await?;
        Ok(begun.map(|(cookie, _)| (cookie, user)))
    }

    /// Signs in who is half signed in and shows a passkey; none when it proves nothing.
    pub async fn finish_with_passkey(
        &self,
        half: &HalfSignedIn,
        state: &str,
        answer: &str,
        browser: &str,
        address: &str,
        user_agent: &str,
    ) -> Result<Option<(PlainToken, Session)>, FlowError> {
        let attempt = self.count_attempt(&half.user.email, address, None).await?;
        let purpose = format!("{SECOND}:{}", half.user.id);
        let ticket = self.read_ticket(&purpose, browser, state);
        match self.prove_passkey(ticket, answer, Some(&half.user)).await? {
            Ok((_, proof)) => {
                self.attempt_succeeded(&attempt).await?;
                self.finish_half(half, proof, address, user_agent).await
            }
            Err((_, reason)) => {
                self.attempt_failed(&attempt).await?;
                self.passkey_failed(Some(&half.user), address, &reason).await;
                Ok(None)
            }
        }
    }

    async fn passkey_failed(&self, user: Option<&User>, address: &str, reason: &str) {
        let subject = Subject {
            user_id: user.map(|user| user.id),
            client_id: None,
            address: Some(address),
        };
        self.audit(AuditKind::SignInFailed, subject, reason).await;
    }

    /// Whose passkey an answer comes from, if it is `expected`'s or nobody is; else the user that it named, and why
    /// it proves nothing.
    async fn prove_passkey(
        &self,
        ticket: Option<Ticket>,
        answer: &str,
        expected: Option<&User>,
    ) -> Result<Result<(User, Proof), (Option<User>, String)>, FlowError> {
        let refuse = |user: Option<User>, reason: &str| Ok(Err((user, format!("passkey: {reason}"))));
        let Some(ticket) = ticket else {
            return refuse(None, "the challenge is not ours, or too old");
        };
        if !self.use_ticket(&ticket).await? {
            return refuse(None, "the challenge was used before");
        }
        let presented = match RelyingParty::identify(answer) {
            Ok(presented) => presented,
            Err(error) => return refuse(None, &error.to_string()),
        };
        let Some(stored) = sql::passkeys::find(&self.database, &presented.credential_id).await? else {
            return refuse(None, "nobody has this one");
        };
        let user = users::find(&self.database, stored.user_id).await?;
        let Some(user) = user else {
            return refuse(None, "nobody has this one");
        };
        let another = expected.is_some_and(|expected| expected.id != user.id);
        let misnamed = match presented.user_id {
            Some(named) => named != user.id,
            // Without a password before, the authenticator must say whose it is (WebAuthn 7.2, step 6).
            None => expected.is_none(),
        };
        if another || misnamed {
            return refuse(None, "it belongs to somebody else");
        }
        if user.disabled {
            return refuse(Some(user), "the user is blocked");
        }
        let proven =
            match self
                .relying_party
                .finish_authentication(&ticket.payload, &presented, &stored.credential)
            {
                Ok(proven) => proven,
                Err(error @ PasskeyError::Broken(_)) => {
                    tracing::error!(%error, passkey = %stored.id, "a passkey cannot be used");
                    return refuse(Some(user), &error.to_string());
                }
                Err(error) => return refuse(Some(user), &error.to_string()),
            };
        let now = self.clock.now();
        let gone_on = sql::passkeys::note_use(
            &self.database,
            stored.id,
            &proven.credential,
            proven.sign_count,
            now,
        );
        if !gone_on.await? {
            return refuse(
                Some(user),
                "its counter has not gone on: there may be a copy of it",
            );
        }
        Ok(Ok((user, Proof::of_passkey(proven.synced))))
    }
}
