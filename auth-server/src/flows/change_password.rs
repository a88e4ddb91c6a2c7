//! Changing one's own password: the current one proves that it is not somebody at an open browser. Other sessions
//! end, and, unless the user wants otherwise, what applications were given.

use super::audit::Subject;
use super::post::Recipient;
use super::{FlowError, Services};
use crate::domain::audit::AuditKind;
use crate::domain::event::Event;
use crate::domain::mail::Letter;
use crate::domain::secret::PlainToken;
use crate::domain::token::RevocationTarget;
use crate::domain::user::{User, check_new_password};
use crate::domain::webhook::{EventType, Happening};
use crate::store::sql::people::{self, Update};

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordChange {
    /// It is changed.
    Done,
    /// The current password is wrong.
    WrongCurrent,
    /// The new one is too short or too long.
    Unfit,
    /// The directory keeps the passwords, and we never write there.
    KeptElsewhere,
}

/// What the user asks for.
#[derive(Clone, Copy)]
pub struct NewPassword<'a> {
    /// The password that holds now.
    pub current: &'a str,
    /// The one to come.
    pub new: &'a str,
    /// Whether applications lose what they were given.
    pub end_access: bool,
}

/// The passwords are left out.
impl std::fmt::Debug for NewPassword<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPassword")
            .field("end_access", &self.end_access)
            .finish_non_exhaustive()
    }
}

impl Services {
    /// Changes the password of a user; the session behind `cookie` goes on. A message says so, in `language`
    /// unless the user chose another.
    pub async fn change_password(
        &self,
        user: &User,
        cookie: &PlainToken,
        asked: &NewPassword<'_>,
        address: &str,
        language: &str,
    ) -> Result<PasswordChange, FlowError> {
        if !self.directory.is_writable() {
            return Ok(PasswordChange::KeptElsewhere);
        }
        let subject = Subject {
            user_id: Some(user.id),
            client_id: None,
            address: Some(address),
        };
        let attempt = self.count_attempt(&user.email, address, None).await?;
        if self
            .prove_user(&user.email, asked.current, Some(user.clone()))
            .await?
            .is_err()
        {
            self.attempt_failed(&attempt).await?;
            let detail = "password change: the current password was wrong";
            self.audit(AuditKind::SignInFailed, subject, detail).await;
            return Ok(PasswordChange::WrongCurrent);
        }
        self.attempt_succeeded(&attempt).await?;
        if check_new_password(asked.new).is_err() {
            return Ok(PasswordChange::Unfit);
        }
        let hash = self.passwords.hash(asked.new.to_owned()).await?;
        let update = Update {
            password_hash: Some(Some(&hash)),
            known_password_hash: user.password_hash.as_deref(),
            ..Update::default()
        };
        let now = self.clock.now();
        if people::update(&self.database, user.id, &update, now)
            .await?
            .is_none()
        {
            return Ok(PasswordChange::WrongCurrent);
        }
        self.tokens
            .end_user_sessions(user.id, Some(&cookie.hashed()))
            .await?;
        if asked.end_access {
            let target = RevocationTarget::User(user.id);
            self.tokens.revoke(&target, self.clock.now_millis()).await?;
        }
        self.accounts()
            .announce(&Event::UserChanged { user_id: user.id })
            .await?;
        let detail = if asked.end_access {
            "password changed; other sessions and the access of applications ended"
        } else {
            "password changed; other sessions ended"
        };
        self.audit(AuditKind::PasswordChanged, subject, detail).await;
        self.emit(Happening::new(EventType::PasswordChanged).user(user.id))
            .await;
        self.send_mail(Recipient::user(user, language), &Letter::PasswordChanged)
            .await;
        Ok(PasswordChange::Done)
    }
}
