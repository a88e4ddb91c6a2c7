//! Applications as people register, change and review them.

use serde::{Deserialize, Serialize};
use token_format::scope::ScopeSet;
use uuid::Uuid;

use super::application::{Application, ReviewStatus};
use super::policy::{Policy, Profile};

/// An application with what its changes need beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The application as it runs.
    pub application: Application,
    /// One more with every change: what was read with one version is changed while it has that version.
    pub version: i64,
    /// What its developer wants to change of it, after it was approved.
    pub proposal: Option<Proposal>,
}

/// What was submitted for review.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The application as it would run once it is approved.
    pub application: Application,
    /// When it was submitted, seconds since the Unix epoch. An application and its change never have the same moment;
    /// what is submitted again within one second is examined anew under that moment.
    pub submitted_at: i64,
    /// It is a change of what runs already.
    pub is_change: bool,
    /// Where it stands.
    pub status: ReviewStatus,
}

impl Registration {
    /// What was submitted last: a change of the application that runs, or else the application itself.
    pub fn submission(&self) -> Option<Submission> {
        let mut application = self.application.clone();
        let change = self.submitted_change();
        if let Some((proposal, submitted_at)) = change {
            proposal.change.apply(&mut application);
            return Some(Submission {
                application,
                submitted_at,
                is_change: true,
                status: proposal.status,
            });
        }
        Some(Submission {
            submitted_at: application.submitted_at?,
            status: application.review,
            is_change: false,
            application,
        })
    }

    /// The change of an approved application that is, or was, before a reviewer, and since when.
    pub fn submitted_change(&self) -> Option<(&Proposal, i64)> {
        let proposal = self.proposal.as_ref()?;
        let runs = self.application.review == ReviewStatus::Approved;
        Some((proposal, proposal.submitted_at?)).filter(|_| runs)
    }
}

/// What to change of an application; what is none stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApplicationChange {
    /// Shown to users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The preset it began with; its policy stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// Its token policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// Registered redirect URIs, byte for byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uris: Option<Vec<String>>,
    /// Permissions it may ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeSet>,
    /// E-mail domains of users it may act for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domains: Option<Vec<String>>,
    /// The user who answers for it; `Some(None)`: nobody.
    #[serde(skip_serializing_if = "Option::is_none", with = "nullable")]
    pub owner_id: Option<Option<Uuid>>,
    /// Its home page; `Some(None)`: none.
    #[serde(skip_serializing_if = "Option::is_none", with = "nullable")]
    pub homepage_url: Option<Option<String>>,
    /// Its privacy policy.
    #[serde(skip_serializing_if = "Option::is_none", with = "nullable")]
    pub policy_url: Option<Option<String>>,
    /// Where its logo is fetched from.
    #[serde(skip_serializing_if = "Option::is_none", with = "nullable")]
    pub logo_url: Option<Option<String>>,
    /// What it is for, of a list.
    #[serde(skip_serializing_if = "Option::is_none", with = "nullable")]
    pub use_case: Option<Option<String>>,
    /// What it is for, in its developer's words.
    #[serde(skip_serializing_if = "Option::is_none", with = "nullable")]
    pub description: Option<Option<String>>,
}

/// A member that is absent, null or a value, which are three things.
pub mod nullable {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes null for what is taken away.
    pub fn serialize<T: Serialize, S: Serializer>(
        value: &Option<Option<T>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().and_then(Option::as_ref).serialize(serializer)
    }

    /// Reads a member that is there.
    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Option<T>>, D::Error> {
        Option::deserialize(deserializer).map(Some)
    }
}

impl ApplicationChange {
    /// Writes the change into an application.
    pub fn apply(&self, application: &mut Application) {
        fn set<T: Clone>(field: &mut T, value: Option<&T>) {
            if let Some(value) = value {
                field.clone_from(value);
            }
        }
        set(&mut application.name, self.name.as_ref());
        set(&mut application.profile, self.profile.as_ref());
        set(&mut application.policy, self.policy.as_ref());
        set(&mut application.redirect_uris, self.redirect_uris.as_ref());
        set(&mut application.scope, self.scope.as_ref());
        set(&mut application.domains, self.domains.as_ref());
        set(&mut application.owner_id, self.owner_id.as_ref());
        set(&mut application.homepage_url, self.homepage_url.as_ref());
        set(&mut application.policy_url, self.policy_url.as_ref());
        if self
            .logo_url
            .as_ref()
            .is_some_and(|url| *url != application.about.logo_url)
        {
            // The picture was fetched from the address before.
            application.about.logo = None;
        }
        set(&mut application.about.logo_url, self.logo_url.as_ref());
        set(&mut application.about.use_case, self.use_case.as_ref());
        set(&mut application.about.description, self.description.as_ref());
    }

    /// An application as the change that makes it.
    pub fn of(application: &Application) -> Self {
        Self {
            name: Some(application.name.clone()),
            profile: Some(application.profile),
            policy: Some(application.policy.clone()),
            redirect_uris: Some(application.redirect_uris.clone()),
            scope: Some(application.scope.clone()),
            domains: Some(application.domains.clone()),
            owner_id: Some(application.owner_id),
            homepage_url: Some(application.homepage_url.clone()),
            policy_url: Some(application.policy_url.clone()),
            logo_url: Some(application.about.logo_url.clone()),
            use_case: Some(application.about.use_case.clone()),
            description: Some(application.about.description.clone()),
        }
    }

    /// What of the change differs from the application as it is.
    #[must_use]
    pub fn beyond(&self, application: &Application) -> Self {
        fn keep<T: PartialEq + Clone>(value: Option<&T>, now: &T) -> Option<T> {
            value.filter(|value| *value != now).cloned()
        }
        Self {
            name: keep(self.name.as_ref(), &application.name),
            profile: keep(self.profile.as_ref(), &application.profile),
            policy: keep(self.policy.as_ref(), &application.policy),
            redirect_uris: keep(self.redirect_uris.as_ref(), &application.redirect_uris),
            scope: keep(self.scope.as_ref(), &application.scope),
            domains: keep(self.domains.as_ref(), &application.domains),
            owner_id: keep(self.owner_id.as_ref(), &application.owner_id),
            homepage_url: keep(self.homepage_url.as_ref(), &application.homepage_url),
            policy_url: keep(self.policy_url.as_ref(), &application.policy_url),
            logo_url: keep(self.logo_url.as_ref(), &application.about.logo_url),
            use_case: keep(self.use_case.as_ref(), &application.about.use_case),
            description: keep(self.description.as_ref(), &application.about.description),
        }
    }

    /// The names of the fields that it changes.
    pub fn fields(&self) -> Vec<&'static str> {
        [
            ("name", self.name.is_some()),
            ("profile", self.profile.is_some()),
            ("policy", self.policy.is_some()),
            ("redirect_uris", self.redirect_uris.is_some()),
            ("scope", self.scope.is_some()),
            ("domains", self.domains.is_some()),
            ("owner_id", self.owner_id.is_some()),
            ("homepage_url", self.homepage_url.is_some()),
            ("policy_url", self.policy_url.is_some()),
            ("logo_url", self.logo_url.is_some()),
            ("use_case", self.use_case.is_some()),
            ("description", self.description.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, changed)| changed.then_some(name))
        .collect()
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.fields().is_empty()
    }
}

/// A change of an approved application that waits for its own review. The running application does not know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// What is to change: name, addresses, permissions or logo, which the review vouched for.
    pub change: ApplicationChange,
    /// Where it stands: draft, pending, on hold or rejected. An approved one is no proposal any more.
    pub status: ReviewStatus,
    /// Why, where a reviewer said so.
    pub reason: Option<String>,
    /// When it was submitted, seconds since the Unix epoch.
    pub submitted_at: Option<i64>,
}

/// One step of an application's way through its reviews.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewStep {
    /// A UUIDv7.
    pub id: Uuid,
    /// Seconds since the Unix epoch.
    pub at: i64,
    /// `created`, `submitted`, `approved`, `on_hold`, `rejected`, and the same of a proposal after `change_`.
    pub what: String,
    /// The reviewer's reason.
    pub reason: Option<String>,
    /// The user who took it; none for the command line and for applications.
    pub actor_id: Option<Uuid>,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::ApplicationChange;

    /// Absent, null and a value are three things, in what is stored and in what the API reads.
    #[test]
    fn absent_null_and_a_value() {
        for (text, policy_url) in [
            ("{}", None),
            (r#"{"policy_url":null}"#, Some(None)),
            (
                r#"{"policy_url":"https://a.example/"}"#,
                Some(Some("https://a.example/")),
            ),
        ] {
            let change: ApplicationChange = serde_json::from_str(text).unwrap();
            let read = change.policy_url.as_ref().map(Option::as_deref);
            assert_eq!(read, policy_url, "{text}");
            assert_eq!(serde_json::to_string(&change).unwrap(), text);
        }
        assert!(serde_json::from_str::<ApplicationChange>(r#"{"nmae":"x"}"#).is_err());
    }
}
