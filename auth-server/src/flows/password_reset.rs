//! A forgotten password, and the proof of an address: both by a link in a message, which works once.
//!
//! Nobody learns whether an address has an account: the answer is the same, and is given before anything is looked
//! up (B12).

use std::time::Duration;

use super::audit::Subject;
use super::post::Recipient;
use super::{FlowError, Services};
use crate::domain::audit::AuditKind;
use crate::domain::mail::{Letter, LinkPurpose};
use crate::domain::secret::{HashedToken, PlainToken};
use crate::domain::user::{User, check_new_password, normalize_email};
use crate::domain::webhook::{EventType, Happening};
use crate::store::sql::mail_links;
use crate::store::sql::people::{self, Update};
use crate::store::sql::provisional;
use crate::store::sql::users;

const WINDOW: Duration = Duration::from_hours(1);
/// Messages per hour to one account, and asked for from one network.
const PER_ACCOUNT: u64 = 3;
const PER_NETWORK: u64 = 30;

/// What setting a new password came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Reset {
    /// It is set; every session and token ended.
    Done,
    /// The link was used, has expired, or never was one.
    DeadLink,
    /// It is no password that is taken.
    Refused(&'static str),
}

impl Services {
    /// Whether passwords are set here at all, not in another directory.
    pub fn sets_passwords(&self) -> bool {
        self.directory.is_writable()
    }

    /// Writes a message with a link to whoever has this address. Nothing comes back: nobody is told whether an
    /// account exists, nor that a limit was reached.
    pub async fn ask_for_reset(&self, email: &str, network: &str, language: &str) -> Result<(), FlowError> {
        let Ok(email) = normalize_email(email) else {
            return Ok(());
        };
        let account = HashedToken::of(email.as_bytes());
        let counted = self
            .tokens
            .count(
                &[
                    (format!("reset:{}", account.as_str()), 1),
                    (format!("reset-from:{network}"), 1),
                ],
                WINDOW,
                self.clock.now_millis(),
            )
            .await?;
        let exceeded = counted
            .iter()
            .zip([PER_ACCOUNT, PER_NETWORK])
            .any(|(total, limit)| *total > limit);
        let user = users::find_by_email(&self.database, &email).await?;
        let Some(user) = user.filter(|user| !user.disabled && self.sets_passwords()) else {
            return Ok(());
        };
        // An application's word for an address makes nobody an account: that is the operator's to do.
        if provisional::is(&self.database, user.id).await? {
            return Ok(());
        }
        let subject = Subject {
            user_id: Some(user.id),
            client_id: None,
            address: Some(network),
        };
        if exceeded {
            self.audit(AuditKind::PasswordReset, subject, "asked for too often")
                .await;
            return Ok(());
        }
        let to = Recipient::user(&user, language);
        self.send_link(to, LinkPurpose::ResetPassword).await?;
        self.audit(AuditKind::PasswordReset, subject, "a link was asked for")
            .await;
        Ok(())
    }

    /// Whose password a link may set; the link stays.
    pub async fn reset_link_owner(&self, token: &PlainToken) -> Result<Option<User>, FlowError> {
        let now = self.clock.now();
        let owner =
            mail_links::find(&self.database, &token.hashed(), LinkPurpose::ResetPassword, now).await?;
        let Some(owner) = owner else { return Ok(None) };
        let user = users::find(&self.database, owner.user_id).await?;
        Ok(user.filter(|user| !user.disabled && user.email == owner.email))
    }

    /// Sets a new password by a link, which is then worth nothing. Every session and token of the user ends (B10).
    pub async fn reset_password(
        &self,
        token: &PlainToken,
        password: &str,
        address: &str,
        language: &str,
    ) -> Result<Reset, FlowError> {
        let Some(user) = self.reset_link_owner(token).await? else {
            return Ok(Reset::DeadLink);
        };
        if let Err(problem) = check_new_password(password) {
            return Ok(Reset::Refused(problem));
        }
        let hash = self.passwords.hash(password.to_owned()).await?;
        let now = self.clock.now();
        // The link is taken only now: what failed before leaves it as it was. Of two at once one gets it.
        let purpose = LinkPurpose::ResetPassword;
        let link = mail_links::take(&self.database, &token.hashed(), purpose, now).await?;
        let Some(owner) = link.filter(|owner| owner.user_id == user.id) else {
            return Ok(Reset::DeadLink);
        };
        let update = Update {
            password_hash: Some(Some(&hash)),
            ..Update::default()
        };
        people::update(&self.database, user.id, &update, now).await?;
        // The message reached its reader.
        mail_links::verify_email(&self.database, &owner, now).await?;
        self.accounts().end_access(user.id).await?;
        let subject = Subject {
            user_id: Some(user.id),
            client_id: None,
            address: Some(address),
        };
        self.audit(
            AuditKind::PasswordReset,
            subject,
            "a new password was set by a link",
        )
        .await;
        self.emit(Happening::new(EventType::PasswordChanged).user(user.id))
            .await;
        self.send_mail(Recipient::user(&user, language), &Letter::PasswordChanged)
            .await;
        Ok(Reset::Done)
    }

    /// Writes to a user a link that proves the address.
    pub async fn ask_for_verification(&self, user: &User, language: &str) -> Result<(), FlowError> {
        let name = format!("verify:{}", user.id);
        let counted = self
            .tokens
            .count(&[(name, 1)], WINDOW, self.clock.now_millis())
            .await?;
        if counted.first().is_some_and(|total| *total <= PER_ACCOUNT) {
            let to = Recipient::user(user, language);
            self.send_link(to, LinkPurpose::VerifyEmail).await?;
        }
        Ok(())
    }

    /// Takes a link that proves an address; false when it is dead, or the address is another by now.
    pub async fn verify_email(&self, token: &PlainToken, address: &str) -> Result<bool, FlowError> {
        let now = self.clock.now();
        let purpose = LinkPurpose::VerifyEmail;
        let Some(owner) = mail_links::take(&self.database, &token.hashed(), purpose, now).await? else {
            return Ok(false);
        };
        let verified = mail_links::verify_email(&self.database, &owner, now).await?;
        if verified {
            let subject = Subject {
                user_id: Some(owner.user_id),
                client_id: None,
                address: Some(address),
            };
            self.audit(AuditKind::EmailVerified, subject, "by a link").await;
        }
        Ok(verified)
    }
}
