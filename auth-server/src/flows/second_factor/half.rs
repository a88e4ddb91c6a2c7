//! Half signed in: the password was right, the second factor is outstanding.

use uuid::Uuid;

use super::ticket::Ticket;
use crate::domain::audit::AuditKind;
use crate::domain::second_factor::{Proof, Remaining};
use crate::domain::secret::PlainToken;
use crate::domain::session::{Amr, Session};
use crate::domain::user::User;
use crate::flows::audit::Subject;
use crate::flows::{FlowError, Services};
use crate::store::sql::users;

const PURPOSE: &str = "half-signed-in";

/// Somebody who has proven the password, in this browser, less than five minutes ago.
#[derive(Clone, Debug)]
pub struct HalfSignedIn {
    /// Who.
    pub user: User,
    /// What is asked for now.
    pub remaining: Remaining,
    pub(super) ticket: Ticket,
}

impl Services {
    /// The note that a browser keeps between the two steps; `browser` is the cookie that its forms are bound to.
    pub fn half_sign_in(&self, user: &User, browser: &str) -> String {
        let payload = format!("{}.{}", user.id, self.password_mark(user));
        self.write_ticket(PURPOSE, browser, &payload)
    }

    /// Who is half signed in; none when the note is not good, or was used, or its user was blocked or got another
    /// password since.
    pub async fn half_signed_in(&self, note: &str, browser: &str) -> Result<Option<HalfSignedIn>, FlowError> {
        let Some(ticket) = self.read_ticket(PURPOSE, browser, note) else {
            return Ok(None);
        };
        let (user_id, password_mark) = ticket.payload.split_once('.').unwrap_or_default();
        let Ok(user_id) = user_id.parse::<Uuid>() else {
            return Ok(None);
        };
        let user = users::find(&self.database, user_id)
            .await?
            .filter(|user| !user.disabled && self.password_mark(user) == password_mark);
        let Some(user) = user else { return Ok(None) };
        let remaining = self.remaining(&user).await?;
        Ok(Some(HalfSignedIn {
            user,
            remaining,
            ticket,
        }))
    }

    /// Changes with the password, and tells nothing about it.
    fn password_mark(&self, user: &User) -> String {
        self.mac.hex(
            "password-mark",
            &[user.password_hash.as_deref().unwrap_or_default()],
        )
    }

    /// Signs in who is half signed in and has just shown `proof`; none when another request was faster, or the account
    /// changed meanwhile.
    pub(super) async fn finish_half(
        &self,
        half: &HalfSignedIn,
        proof: Proof,
        address: &str,
        user_agent: &str,
    ) -> Result<Option<(PlainToken, Session)>, FlowError> {
        let subject = Subject {
            user_id: Some(half.user.id),
            client_id: None,
            address: Some(address),
        };
        if !self.use_ticket(&half.ticket).await? {
            let detail = "the sign-in was finished before";
            self.audit(AuditKind::SignInFailed, subject, detail).await;
            return Ok(None);
        }
        let detail = format!("password and {}", proof.as_str());
        self.audit(AuditKind::SignIn, subject, detail).await;
        let amr = vec![Amr::Pwd, proof.amr(), Amr::Mfa];
        self.begin_session(&half.user, amr, user_agent).await
    }
}
