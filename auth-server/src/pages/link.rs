//! Pages around links in messages: a forgotten password, the proof of an address.

use askama::Template;

use super::PageContext;
use super::texts::LinkText;
use crate::paths;

/// What the page asks or says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkStep {
    /// `/forgot-password`: which account? Posts `csrf` and `email` back.
    AskForReset {
        /// What was typed on the sign-in page.
        email: Option<String>,
    },
    /// A message is on its way, if there is such an account.
    ResetAsked,
    /// Passwords are set in another directory.
    SetElsewhere,
    /// `/reset-password`: posts `csrf`, `token` and `password` back.
    ChoosePassword {
        /// The link's secret.
        token: String,
        /// Whose, for the browser's password manager.
        email: String,
        /// What was wrong with the last choice.
        problem: Option<PasswordProblem>,
    },
    /// The password is set.
    PasswordSet,
    /// The link was used, has expired, or never was one.
    DeadLink {
        /// Where another one is asked for.
        ask_again: &'static str,
    },
    /// `/verify-email` without a link: shall one be sent? Posts `csrf` back.
    AskForVerification {
        /// Where to.
        email: String,
    },
    /// A message is on its way.
    VerificationAsked {
        /// Where to.
        email: String,
    },
    /// `/verify-email` with a link: posts `csrf` and `token` back. Programs that look into messages follow links; they
    /// do not press buttons.
    ConfirmAddress {
        /// The link's secret.
        token: String,
    },
    /// The address is proven.
    Verified,
}

/// Why a new password was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordProblem {
    /// Fewer than 8 characters.
    TooShort,
    /// More than 1024 bytes.
    TooLong,
}

/// One step on the way of a link.
#[derive(Debug, Template)]
#[template(path = "link.html")]
pub struct LinkPage {
    /// What every page needs.
    pub page: PageContext,
    /// The token that ties a form to this browser.
    pub csrf: String,
    /// The step.
    pub step: LinkStep,
}

impl LinkPage {
    fn texts(&self) -> &'static LinkText {
        let texts = &self.page.t.link;
        match self.step {
            LinkStep::AskForReset { .. } => &texts.forgot,
            LinkStep::ResetAsked => &texts.asked,
            LinkStep::SetElsewhere => &texts.elsewhere,
            LinkStep::ChoosePassword { .. } => &texts.choose,
            LinkStep::PasswordSet => &texts.set,
            LinkStep::DeadLink { .. } => &texts.dead,
            LinkStep::AskForVerification { .. } => &texts.verify,
            LinkStep::VerificationAsked { .. } => &texts.verification_asked,
            LinkStep::ConfirmAddress { .. } => &texts.confirm,
            LinkStep::Verified => &texts.verified,
        }
    }

    fn lead(&self) -> String {
        let lead = &self.texts().lead;
        match &self.step {
            LinkStep::AskForVerification { email } | LinkStep::VerificationAsked { email } => {
                lead.with("email", email)
            }
            _ => lead.to_string(),
        }
    }

    fn problem(&self) -> Option<&crate::pages::texts::Text> {
        let texts = &self.page.t.link;
        match &self.step {
            LinkStep::ChoosePassword { problem, .. } => problem.map(|problem| match problem {
                PasswordProblem::TooShort => &texts.too_short,
                PasswordProblem::TooLong => &texts.too_long,
            }),
            _ => None,
        }
    }

    /// Where the last step's button leads.
    fn leads_to(&self) -> &'static str {
        match self.step {
            LinkStep::DeadLink { ask_again } => ask_again,
            LinkStep::Verified | LinkStep::VerificationAsked { .. } => paths::HOME,
            _ => paths::LOGIN,
        }
    }
}
