//! The console's outbox: messages to people, and where each stands.

use askama::Template;

use super::people::texts::PeopleTexts;
use super::texts::Text;
use super::{AdminTabs, PageContext};
use crate::domain::mail::{MailKind, MailState, Message};

/// A line of the list.
#[derive(Debug, Clone)]
pub struct OutboxLine {
    /// The message's id.
    pub id: String,
    /// When it was written, in words.
    pub at: String,
    /// The address.
    pub recipient: String,
    /// Subject line.
    pub subject: String,
    /// Where it stands.
    pub state: MailState,
}

/// `/admin/outbox`: messages, newest first.
#[derive(Debug, Template)]
#[template(path = "admin/outbox.html")]
pub struct OutboxPage {
    /// What every page needs.
    pub page: PageContext,
    /// The parts of the administration.
    pub tabs: AdminTabs,
    /// Whether a mail server is configured.
    pub sends: bool,
    /// The state that is shown alone.
    pub state: Option<MailState>,
    /// The messages.
    pub lines: Vec<OutboxLine>,
    /// Where older ones are.
    pub older: Option<String>,
}

/// `/admin/outbox/{id}`: one message. Posts `csrf` to the same address to send it again.
#[derive(Debug, Template)]
#[template(path = "admin/message.html")]
pub struct MessagePage {
    /// What every page needs.
    pub page: PageContext,
    /// The parts of the administration.
    pub tabs: AdminTabs,
    /// The token that ties the form to this session.
    pub csrf: String,
    /// Whether the visitor may send it again, and read links in it.
    pub may_change: bool,
    /// When it was written, in words.
    pub at: String,
    /// When it is tried next, in words.
    pub next_attempt: String,
    /// The message.
    pub message: Message,
}

impl PageContext {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn mail_state(&self, state: &MailState) -> &'static Text {
        let texts = &self.t.outbox;
        match *state {
            MailState::Waiting => &texts.waiting,
            MailState::Sent => &texts.sent,
            MailState::Failed => &texts.failed,
            MailState::Kept => &texts.kept,
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn mail_kind(&self, kind: &MailKind) -> &'static Text {
        let texts = &self.t.outbox;
        match *kind {
            MailKind::VerifyEmail => &texts.verify_email,
            MailKind::ResetPassword => &texts.reset_password,
            MailKind::PasswordChanged => &texts.password_changed,
            MailKind::SecondFactorChanged => &texts.second_factor_changed,
            MailKind::SubmissionReceived => &texts.submission_received,
            MailKind::Approved => &texts.approved,
            MailKind::OnHold => &texts.on_hold,
            MailKind::Rejected => &texts.rejected,
            MailKind::NewSignIn => &texts.new_sign_in,
        }
    }
}

/// The badge of a state.
fn badge(state: MailState) -> &'static str {
    match state {
        MailState::Sent => "badge-good",
        MailState::Waiting => "",
        MailState::Kept => "badge-warn",
        MailState::Failed => "badge-bad",
    }
}

impl OutboxPage {
    fn states() -> &'static [MailState] {
        MailState::ALL
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn shows(&self, state: &MailState) -> bool {
        self.state == Some(*state)
    }
}

impl OutboxLine {
    fn badge(&self) -> &'static str {
        badge(self.state)
    }
}

impl MessagePage {
    fn badge(&self) -> &'static str {
        badge(self.message.state)
    }

    /// A message that was not sent, and whose text is still there.
    fn may_send(&self) -> bool {
        self.may_change
            && matches!(self.message.state, MailState::Failed | MailState::Kept)
            && !self.message.body.is_empty()
    }

    /// A message with a link, whose text is for administrators.
    fn is_withheld(&self) -> bool {
        !self.may_change && self.message.secret_until.is_some()
    }

    fn people(&self) -> &'static PeopleTexts {
        PeopleTexts::of(self.page.language)
    }
}
