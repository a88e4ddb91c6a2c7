//! What is found about the URLs of a submitted application, for its developer and its reviewer (S4.19 to S4.26).
//!
//! What follows from the URLs alone is there at once. Home page and policy are fetched, and hosts of redirect URIs
//! are looked up; a host that does not answer keeps the developer waiting for two seconds at most, while the
//! examination goes on behind. One that a stopped instance left is taken over by another.
//!
//! What is found belongs to the submission. A change of an application that runs leaves what was found about that, and
//! its logo, as they are, until it is approved.

mod blocklist;
mod network;
mod urls;

use std::time::Duration;

use uuid::Uuid;

use super::logo::Logo;
use super::{FlowError, Services};
use crate::domain::application::Application;
use crate::domain::event::Event;
use crate::domain::finding::{Examination, Finding, FindingKind};
use crate::domain::registration::{Registration, Submission};
use crate::protocol::hosts::HostName;
use crate::store::sql::findings::{self, Submission as Key};
use crate::store::sql::{applications, hosts, logos, registrations};

pub use blocklist::BlocklistFile;

/// How long a developer waits for the examination before the answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// An examination that takes longer than this, in seconds, was left by an instance that stopped.
const ABANDONED_AFTER: i64 = 60;

fn key(submission: &Submission) -> Key<'_> {
    Key {
        client_id: &submission.application.client_id,
        submitted_at: submission.submitted_at,
    }
}

impl Services {
    /// Examines a submission: what is known after two seconds at most. The rest comes behind.
    pub async fn examine_submission(&self, submission: &Submission) -> Result<Examination, FlowError> {
        let run = self.clock.new_id();
        let at_once = self.examine_urls(&submission.application).await?;
        let now = self.clock.now();
        findings::begin(&self.database, key(submission), run, &at_once, now).await?;
        let services = self.clone();
        let behind = submission.clone();
        let task = tokio::spawn(async move { services.examine_network(&behind, run).await });
        // Whether it ended or not: what there is has been written.
        let _ = tokio::time::timeout(PATIENCE, task).await;
        let known = findings::find(&self.database, key(submission)).await?;
        Ok(known.unwrap_or(Examination {
            submitted_at: submission.submitted_at,
            completed_at: None,
            findings: at_once,
            logo: None,
        }))
    }

    /// What is known about one of an application's submissions; none if it was not examined.
    pub async fn examination(
        &self,
        client_id: &str,
        submitted_at: i64,
    ) -> Result<Option<Examination>, FlowError> {
        let submission = Key {
            client_id,
            submitted_at,
        };
        Ok(findings::find(&self.database, submission).await?)
    }

    /// What is known about an application's latest submission; none if there is none.
    pub async fn latest_examination(
        &self,
        registration: &Registration,
    ) -> Result<Option<Examination>, FlowError> {
        match registration.submission() {
            Some(submission) => Ok(findings::find(&self.database, key(&submission)).await?),
            None => Ok(None),
        }
    }

    /// Everything that can be found about an application's URLs. Takes seconds when a host does not answer.
    pub async fn examine(&self, application: &Application) -> Result<Vec<Finding>, FlowError> {
        let mut found = self.examine_urls(application).await?;
        found.extend(self.call_all(application).await.0);
        found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        Ok(found)
    }

    /// What follows from the URLs alone and from what is registered.
    async fn examine_urls(&self, application: &Application) -> Result<Vec<Finding>, FlowError> {
        let owner = application.owner_id.map(|id| id.to_string());
        let issuer = url::Url::parse(&self.issuer)
            .ok()
            .and_then(|url| HostName::of(&url));
        let blocklist = self.blocklist.current();
        let mut found = Vec::new();
        for submitted in urls::of(application) {
            let host = match submitted.check() {
                Ok(host) => host,
                Err(finding) => {
                    found.push(finding);
                    submitted.host()
                }
            };
            let Some(host) = host else { continue };
            let say = |kind, detail: String| submitted.finding(kind, detail);
            if let Some(entry) = blocklist.find(&host) {
                found.push(say(
                    FindingKind::Blocklisted,
                    format!("{entry} is on the blocklist"),
                ));
            }
            if let Some(label) = host.mixed_label() {
                found.push(say(FindingKind::MixedScripts, format!("{label} mixes scripts")));
            }
            if host.is_punycode() {
                found.push(say(
                    FindingKind::Punycode,
                    format!("{} is {}", host.readable, host.ascii),
                ));
            }
            if issuer.as_ref().is_some_and(|issuer| host.resembles(issuer)) {
                found.push(say(
                    FindingKind::LookAlike,
                    format!("{} looks like this server", host.readable),
                ));
            }
            let alike = hosts::with_look_of(&self.database, &host, &application.client_id, owner.as_deref());
            for (other, name) in alike.await? {
                if host.resembles(&HostName::new(&other)) {
                    let detail = format!("{} looks like {other} of the application {name:?}", host.readable);
                    found.push(say(FindingKind::LookAlike, detail));
                }
            }
        }
        Ok(found)
    }

    /// Fetches and looks up what a submission names, and writes down what came of it.
    async fn examine_network(&self, submission: &Submission, run: Uuid) {
        let application = &submission.application;
        let (found, logo) = self.call_all(application).await;
        let noting = async {
            if let Some(logo) = &logo {
                self.store_logo(logo).await?;
            }
            let hash = logo.as_ref().map(|logo| logo.hash.as_str());
            let now = self.clock.now();
            let is_ours = findings::complete(&self.database, key(submission), run, &found, hash, now).await?;
            // The picture of a change waits for its approval.
            if let Some(logo) = logo.filter(|_| is_ours && !submission.is_change) {
                self.show_logo(
                    &application.client_id,
                    application.about.logo_url.as_deref(),
                    &logo,
                    false,
                )
                .await?;
            }
            Ok::<_, FlowError>(())
        };
        if let Err(error) = noting.await {
            // The examination stays open and is done anew.
            tracing::warn!(%error, client_id = application.client_id, "an examination could not be written");
        }
    }

    /// Shows the logo that was fetched for an application under review, or for one that `runs` without a review having
    /// looked; unless another one was named since.
    async fn show_logo(
        &self,
        client_id: &str,
        url: Option<&str>,
        logo: &Logo,
        runs: bool,
    ) -> Result<(), FlowError> {
        if applications::set_logo(&self.database, client_id, url, &logo.hash, runs).await? {
            let client_id = client_id.to_owned();
            self.accounts()
                .announce(&Event::ApplicationChanged { client_id })
                .await?;
        }
        Ok(())
    }

    /// Goes on with one examination that an instance left when it stopped; false when there is none.
    pub async fn resume_examination(&self) -> Result<bool, FlowError> {
        let now = self.clock.now();
        let run = self.clock.new_id();
        let Some((client_id, submitted_at)) =
            findings::take_over(&self.database, run, now - ABANDONED_AFTER, now).await?
        else {
            return Ok(false);
        };
        if let Some(submission) = self.submission(&client_id, submitted_at).await? {
            self.examine_network(&submission, run).await;
        } else {
            // Nobody waits for it any more: it was withdrawn, or submitted anew.
            let forgotten = Key {
                client_id: &client_id,
                submitted_at,
            };
            findings::complete(&self.database, forgotten, run, &[], None, now).await?;
        }
        Ok(true)
    }

    /// Examines one submission that nobody has looked at yet; false when there is none.
    pub async fn examine_next(&self) -> Result<bool, FlowError> {
        let waiting = findings::unexamined(&self.database, 1).await?;
        let Some((client_id, submitted_at)) = waiting.into_iter().next() else {
            return Ok(false);
        };
        if let Some(submission) = self.submission(&client_id, submitted_at).await? {
            self.examine_submission(&submission).await?;
        }
        Ok(true)
    }

    /// What was submitted at a moment, if that is what was submitted last.
    async fn submission(&self, client_id: &str, submitted_at: i64) -> Result<Option<Submission>, FlowError> {
        let registration = registrations::find(&self.database, client_id).await?;
        let latest = registration.and_then(|registration| registration.submission());
        Ok(latest.filter(|latest| latest.submitted_at == submitted_at))
    }

    /// Fetches one logo of an application that runs and that no review looked at: an administrator or a file named it.
    /// False when there is none.
    pub async fn fetch_missing_logo(&self) -> Result<bool, FlowError> {
        let Some((client_id, url)) = logos::missing(&self.database).await? else {
            return Ok(false);
        };
        match self.fetch_logo(&url).await {
            Ok(logo) => {
                self.store_logo(&logo).await?;
                self.show_logo(&client_id, Some(url.as_str()), &logo, true)
                    .await?;
            }
            Err(problem) => tracing::warn!(%problem, client_id, url, "a logo could not be fetched"),
        }
        logos::tried(&self.database, &client_id, &url).await?;
        Ok(true)
    }

    /// Records the hosts of some applications that have none recorded; false when there was none left.
    pub async fn record_missing_hosts(&self) -> Result<bool, FlowError> {
        let missing = hosts::missing(&self.database, 200).await?;
        for client_id in &missing {
            if let Some(application) = self.clients.application(client_id).await? {
                hosts::record(&self.database, &application).await?;
            }
        }
        Ok(!missing.is_empty())
    }
}
