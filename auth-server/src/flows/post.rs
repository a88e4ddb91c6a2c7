//! Messages to people. Whoever has something to say writes it into the outbox, the command line as well as a running
//! server; a task behind the requests sends it (`state/outbox.rs`).

use uuid::Uuid;

use super::{FlowError, Services};
use crate::domain::clock::Clock;
use crate::domain::mail::{Letter, LinkPurpose, MailState, Message};
use crate::domain::secret::PlainToken;
use crate::domain::user::User;
use crate::mail::write;
use crate::paths;
use crate::store::StoreError;
use crate::store::database::Database;
use crate::store::sql::outbox::{self, NewLink};

/// Mark of links in messages.
const LINK_MARK: &str = "ml-";
/// Life of a link that sets a password, seconds.
pub const RESET_SECONDS: i64 = 3600;
/// Life of a link that proves an address, seconds.
pub const VERIFY_SECONDS: i64 = 86_400;

/// Writes messages.
#[derive(Clone, Copy, Debug)]
pub struct Post<'a> {
    /// Records.
    pub database: &'a Database,
    /// The time.
    pub clock: &'a Clock,
    /// Where links lead.
    pub issuer: &'a str,
}

/// To whom.
#[derive(Clone, Copy, Debug)]
pub struct Recipient<'a> {
    /// The user.
    pub user_id: Uuid,
    /// The address.
    pub email: &'a str,
    /// How the message addresses them.
    pub name: &'a str,
    /// BCP 47 tag of the language they read.
    pub language: &'a str,
}

impl<'a> Recipient<'a> {
    /// A user, in the language that they chose, or else in this one.
    pub fn user(user: &'a User, language: &'a str) -> Self {
        Self {
            user_id: user.id,
            email: &user.email,
            name: &user.name,
            language: user.language.as_deref().unwrap_or(language),
        }
    }
}

impl Post<'_> {
    /// Writes a message.
    pub async fn send(&self, to: Recipient<'_>, letter: &Letter) -> Result<(), StoreError> {
        let message = self.message(to, letter, None);
        outbox::insert(self.database, &message, None).await
    }

    fn message(&self, to: Recipient<'_>, letter: &Letter, secret_until: Option<i64>) -> Message {
        let host = url::Url::parse(self.issuer)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned));
        let written = write(
            letter,
            to.language,
            to.name,
            host.as_deref().unwrap_or(self.issuer),
        );
        let now = self.clock.now();
        Message {
            id: self.clock.new_id(),
            at: now,
            user_id: Some(to.user_id),
            recipient: to.email.to_owned(),
            language: to.language.to_owned(),
            kind: letter.kind(),
            subject: written.subject,
            body: written.body,
            body_encrypted: false,
            state: MailState::Waiting,
            attempts: 0,
            next_attempt_at: now,
            last_error: None,
            secret_until,
        }
    }
}

impl Services {
    /// Messages of a running server.
    pub fn post(&self) -> Post<'_> {
        Post {
            database: &self.database,
            clock: &self.clock,
            issuer: &self.issuer,
        }
    }

    /// Writes a message with a link that works once. Earlier links of the same purpose end.
    pub async fn send_link(&self, to: Recipient<'_>, purpose: LinkPurpose) -> Result<(), FlowError> {
        let token = PlainToken::generate(LINK_MARK);
        let (path, seconds) = match purpose {
            LinkPurpose::VerifyEmail => (paths::VERIFY_EMAIL, VERIFY_SECONDS),
            LinkPurpose::ResetPassword => (paths::RESET_PASSWORD, RESET_SECONDS),
        };
        let link = format!("{}{path}?token={}", self.issuer, token.reveal());
        let letter = match purpose {
            LinkPurpose::VerifyEmail => Letter::VerifyEmail { link },
            LinkPurpose::ResetPassword => Letter::ResetPassword { link },
        };
        let expires_at = self.clock.now() + seconds;
        let kept = NewLink {
            hash: token.hashed(),
            purpose,
            user_id: to.user_id,
            email: to.email,
            expires_at,
        };
        let mut message = self.post().message(to, &letter, Some(expires_at));
        // Whoever reads the database alone shall not find a link that still works.
        let (sealed, encrypted) = self.keys.seal(message.body.as_bytes())?;
        if encrypted {
            message.body = sealed;
            message.body_encrypted = true;
        }
        outbox::insert(&self.database, &message, Some(&kept)).await?;
        self.wake.mail.notify_one();
        Ok(())
    }

    /// Writes a message behind the request that caused it: one that cannot be written fails nothing, and is said in
    /// the server's own log.
    pub async fn send_mail(&self, to: Recipient<'_>, letter: &Letter) {
        match self.post().send(to, letter).await {
            Ok(()) => self.wake.mail.notify_one(),
            Err(error) => {
                tracing::error!(%error, kind = letter.kind().as_str(), "a message could not be written");
            }
        }
    }
}
