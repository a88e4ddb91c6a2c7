//! The pages of `/account`: connected applications, sessions, history and the own data. The security page is beside
//! them, with the same tabs.

mod apps;
mod history;
mod profile;
mod sessions;
pub(super) mod texts;

use super::PageContext;
use crate::paths;

pub use apps::{AppsNotice, ConnectedApp, ConnectedAppsPage};
pub use history::{HistoryLine, HistoryPage};
pub use profile::{ProfileNotice, ProfilePage};
pub use sessions::{SessionLine, SessionsNotice, SessionsPage};

use texts::{AccountTexts, Tabs};

/// One page of the account among the others.
pub(super) struct Tab {
    pub(super) href: &'static str,
    pub(super) label: String,
    pub(super) current: bool,
}

impl PageContext {
    pub(super) fn account(&self) -> &'static AccountTexts {
        AccountTexts::of(self.language)
    }

    /// The pages of the account; `current` is the path of the one that is shown.
    pub(super) fn account_tabs(&self, current: &str) -> Vec<Tab> {
        let Tabs {
            apps,
            sessions,
            security,
            history,
            profile,
            ..
        } = &self.account().tabs;
        [
            (paths::ACCOUNT, apps),
            (paths::ACCOUNT_SESSIONS, sessions),
            (paths::ACCOUNT_SECURITY, security),
            (paths::ACCOUNT_HISTORY, history),
            (paths::ACCOUNT_PROFILE, profile),
        ]
        .into_iter()
        .map(|(href, label)| Tab {
            href,
            label: label.to_string(),
            current: href == current,
        })
        .collect()
    }
}
