//! The URLs of an application, and what can be said of each without calling anybody.

use url::Url;

use crate::domain::application::Application;
use crate::domain::finding::{Finding, FindingField, FindingKind};
use crate::domain::policy::Profile;
use crate::protocol::hosts::HostName;
use crate::protocol::redirect::{ClientKind, check_registration, is_loopback};

/// One of an application's URLs.
#[derive(Clone, Debug)]
pub(super) struct SubmittedUrl {
    pub(super) field: FindingField,
    pub(super) text: String,
    kind: ClientKind,
}

/// All of an application's URLs.
pub(super) fn of(application: &Application) -> Vec<SubmittedUrl> {
    let strict_urls = application.profile == Profile::Jiomeet;
    let redirect = ClientKind {
        public: application.is_public(),
        strict_urls,
    };
    let page = ClientKind {
        public: false,
        strict_urls: true,
    };
    let pages = [
        (FindingField::Homepage, &application.homepage_url),
        (FindingField::Policy, &application.policy_url),
        (FindingField::Logo, &application.about.logo_url),
    ];
    let redirects = application.redirect_uris.iter().map(|uri| SubmittedUrl {
        field: FindingField::RedirectUri,
        text: uri.clone(),
        kind: redirect,
    });
    redirects
        .chain(pages.into_iter().filter_map(|(field, url)| {
            Some(SubmittedUrl {
                field,
                text: url.clone().filter(|url| !url.is_empty())?,
                kind: page,
            })
        }))
        .collect()
}

impl SubmittedUrl {
    pub(super) fn finding(&self, kind: FindingKind, detail: impl Into<String>) -> Finding {
        Finding::new(self.field, &self.text, kind, detail)
    }

    /// The host to be looked at, or what is wrong with the URL.
    pub(super) fn check(&self) -> Result<Option<HostName>, Finding> {
        let url = Url::parse(&self.text).ok();
        if let Err(problem) = check_registration(&self.text, self.kind) {
            let kind = match &url {
                Some(url) if is_loopback(url) => FindingKind::PrivateTarget,
                Some(url) if url.scheme() == "http" => FindingKind::PlainHttp,
                _ => FindingKind::Malformed,
            };
            return Err(self.finding(kind, problem));
        }
        Ok(self.host())
    }

    /// Its host, where it is a name that is looked up.
    pub(super) fn host(&self) -> Option<HostName> {
        HostName::of(&Url::parse(&self.text).ok()?)
    }

    /// The URL, if it is one whose host is to be called or looked up; whoever calls it decides on plain http.
    pub(super) fn to_call(&self) -> Option<Url> {
        let url = Url::parse(&self.text).ok()?;
        // A native application's own scheme: nobody to ask.
        let with_tls = match url.scheme() {
            "https" => self.text.clone(),
            "http" => self.text.replacen("http:", "https:", 1),
            _ => return None,
        };
        check_registration(&with_tls, self.kind).ok().map(|()| url)
    }
}
