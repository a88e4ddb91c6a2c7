//! What only the network can tell: whether hosts exist and pages answer, and the logo.

use futures_util::future::join_all;
use url::Url;

use super::urls::{self, SubmittedUrl};
use super::{Application, Finding, FindingKind, Services};
use crate::domain::finding::FindingField;
use crate::flows::logo::{Logo, LogoProblem};
use crate::outbound::{Body, OutboundError, Schemes};

/// What calling one URL came to.
#[derive(Default)]
struct Called {
    finding: Option<Finding>,
    logo: Option<Logo>,
}

impl Services {
    /// Calls all of an application's URLs at the same time.
    pub(super) async fn call_all(&self, application: &Application) -> (Vec<Finding>, Option<Logo>) {
        let submitted = urls::of(application);
        let called = join_all(submitted.iter().map(|url| self.call(url))).await;
        let mut findings = Vec::new();
        let mut logo = None;
        for one in called {
            findings.extend(one.finding);
            logo = logo.or(one.logo);
        }
        (findings, logo)
    }

    async fn call(&self, submitted: &SubmittedUrl) -> Called {
        // Plain http has been found wanting already; it is called in networks alone that the operator named.
        let callable = |url: &Url| self.outbound.check_url(url.as_str(), Schemes::Https).is_ok();
        let Some(url) = submitted
            .to_call()
            .filter(|url| url.scheme() == "https" || callable(url))
        else {
            return Called::default();
        };
        let say = |kind, detail: String| Called {
            finding: Some(submitted.finding(kind, detail)),
            logo: None,
        };
        let failed = |error: &OutboundError| say(kind_of(error), error.to_string());
        match submitted.field {
            FindingField::RedirectUri => match self.outbound.resolve(&url).await {
                Ok(_) => Called::default(),
                Err(error) => failed(&error),
            },
            FindingField::Homepage | FindingField::Policy => {
                match self
                    .outbound
                    .get(&submitted.text, Schemes::Https, Body::Beginning(0))
                    .await
                {
                    Ok(answer) if (200..300).contains(&answer.status) => Called::default(),
                    Ok(answer) => say(FindingKind::PageMissing, format!("it answers {}", answer.status)),
                    Err(error) => failed(&error),
                }
            }
            FindingField::Logo => match self.fetch_logo(&submitted.text).await {
                Ok(logo) => Called {
                    finding: None,
                    logo: Some(logo),
                },
                Err(LogoProblem::Outbound(error)) if !matches!(error, OutboundError::TooLarge(_)) => {
                    failed(&error)
                }
                Err(problem @ LogoProblem::Status(_)) => say(FindingKind::PageMissing, problem.to_string()),
                Err(problem) => say(FindingKind::LogoUnusable, problem.to_string()),
            },
        }
    }
}

fn kind_of(error: &OutboundError) -> FindingKind {
    match error {
        OutboundError::Refused(_) => FindingKind::PrivateTarget,
        OutboundError::Unresolved => FindingKind::Unresolved,
        OutboundError::Url(_) => FindingKind::Malformed,
        OutboundError::Redirects
        | OutboundError::TimedOut
        | OutboundError::TooLarge(_)
        | OutboundError::Unreachable(_) => FindingKind::Unreachable,
    }
}
