//! Sending what the outbox holds: one claim per message, so that of several instances one sends it; later and later
//! when the mail server does not take it.

use uuid::Uuid;

use super::audit::Subject;
use super::{FlowError, Services};
use crate::domain::audit::AuditKind;
use crate::domain::mail::{MailState, Message};
use crate::mail::{MailError, Mailer};
use crate::store::sql::outbox;

/// Seconds that one attempt may take before another instance tries: longer than the mailer's own patience.
const LEASE: i64 = 60;
/// Seconds until the next attempt, after the first, the second and so on.
const PAUSES: [i64; 7] = [60, 300, 900, 3600, 14_400, 28_800, 43_200];
/// Days that messages are kept.
const KEEP_DAYS: i64 = 90;
const BATCH: i64 = 1000;

impl Services {
    /// Sends the message that is due first; false when there is none. Without a mail server all are kept to be read.
    pub async fn deliver_mail(&self, mailer: Option<&Mailer>) -> Result<bool, FlowError> {
        let Some(mailer) = mailer else {
            outbox::keep_all(&self.database).await?;
            return Ok(false);
        };
        let claimed = outbox::claim(&self.database, self.clock.now(), LEASE).await?;
        let Some(message) = claimed.map(|message| self.unsealed(message)).transpose()? else {
            return Ok(false);
        };
        let id = message.id.to_string();
        let sent = mailer
            .send(&id, &message.recipient, &message.subject, &message.body)
            .await;
        let now = self.clock.now();
        let (state, next, error) = match sent {
            Ok(()) => (MailState::Sent, now, None),
            Err(MailError::Permanent(why) | MailError::Setting(why)) => (MailState::Failed, now, Some(why)),
            Err(MailError::Transient(why)) => match pause(&message) {
                Some(pause) => (MailState::Waiting, now + pause, Some(why)),
                None => (MailState::Failed, now, Some(why)),
            },
        };
        if let Some(error) = &error {
            // No address: logs hold nobody's.
            tracing::warn!(error, %id, kind = message.kind.as_str(), state = state.as_str(), "a message was not sent");
        }
        outbox::settle(&self.database, message.id, state, next, error.as_deref()).await?;
        Ok(true)
    }

    /// Messages, newest first, before the one given, and whether there are more.
    pub async fn outbox(
        &self,
        state: Option<MailState>,
        before: Option<(i64, &str)>,
        limit: usize,
    ) -> Result<(Vec<Message>, bool), FlowError> {
        let wanted = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut found = outbox::list(&self.database, state, before, wanted).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        Ok((found, more))
    }

    /// One message, for an administrator. Whoever reads a link that is worth something leaves a line in the audit log.
    pub async fn read_mail(&self, id: Uuid, by: Subject<'_>) -> Result<Option<Message>, FlowError> {
        let found = outbox::find(&self.database, id).await?;
        let message = found.map(|message| self.unsealed(message)).transpose()?;
        if let Some(message) = &message
            && message.secret_until.is_some()
            && !message.body.is_empty()
        {
            let detail = format!("message {id} ({}) with its link read", message.kind.as_str());
            self.audit(AuditKind::AdminCommand, by, detail).await;
        }
        Ok(message)
    }

    /// The same for a reader who may not have the link that a message holds: its text is left out.
    pub async fn read_mail_without_link(&self, id: Uuid) -> Result<Option<Message>, FlowError> {
        let found = outbox::find(&self.database, id).await?;
        found
            .map(|message| {
                if message.secret_until.is_none() {
                    return self.unsealed(message);
                }
                Ok(Message {
                    body: String::new(),
                    ..message
                })
            })
            .transpose()
    }

    /// A message with its text as its reader gets it.
    fn unsealed(&self, mut message: Message) -> Result<Message, FlowError> {
        if message.body_encrypted && !message.body.is_empty() {
            let bytes = self.keys.unseal(&message.body, true)?;
            message.body = String::from_utf8_lossy(&bytes).into_owned();
            message.body_encrypted = false;
        }
        Ok(message)
    }

    /// Sends a message again that was not sent; false when there is none such.
    pub async fn resend_mail(&self, id: Uuid, by: Subject<'_>) -> Result<bool, FlowError> {
        if !outbox::resend(&self.database, id, self.clock.now()).await? {
            return Ok(false);
        }
        self.wake.mail.notify_one();
        self.audit(AuditKind::AdminCommand, by, format!("message {id} sent again"))
            .await;
        Ok(true)
    }

    /// Blanks secrets that have expired, and deletes old messages.
    pub async fn sweep_mail(&self) -> Result<(), FlowError> {
        let now = self.clock.now();
        let before = now - KEEP_DAYS * 86_400;
        while outbox::sweep(&self.database, now, before, BATCH).await? >= BATCH.unsigned_abs() {}
        Ok(())
    }
}

/// Seconds until a message is tried again; none when it was tried often enough.
fn pause(message: &Message) -> Option<i64> {
    let tried = usize::try_from(message.attempts).unwrap_or(usize::MAX);
    PAUSES.get(tried.saturating_sub(1)).copied()
}
