//! What an application's fields may be.

use token_format::catalogue::{Catalogue, Owner};
use token_format::scope::ScopeSet;
use url::Url;
use uuid::{Uuid, Version};

use super::problem::{FieldProblem, Problem};
use crate::domain::application::{Application, check_name};
use crate::domain::policy::{MAX_ACCESS_SECONDS, MAX_CODE_SECONDS, MAX_FAMILY_SECONDS, Policy, Profile};
use crate::domain::user::normalize_domain;
use crate::protocol::redirect::{ClientKind, registration_problem};

/// Redirect URIs that a developer's application may have (S4.12).
pub const MAX_REDIRECT_URIS: usize = 10;
/// Redirect URIs that any application may have.
const MOST_REDIRECT_URIS: usize = 100;
const MOST_DOMAINS: usize = 1000;
const LONGEST_URL: usize = 2000;
/// Longest description, in characters.
const LONGEST_DESCRIPTION: usize = 1000;
/// Longest use case, in characters: operators may name others than the list has.
const LONGEST_USE_CASE: usize = 100;

/// Whether a text may be the client id of an application that is set up by a file or through the API: a UUID of version
/// 4, as registration makes them, or a name. Users' ids are UUIDs of version 7: neither can be taken for the other.
pub fn check_client_id(client_id: &str) -> Result<(), Problem> {
    if let Ok(uuid) = client_id.parse::<Uuid>() {
        let as_made = uuid.to_string() == client_id && uuid.get_version() == Some(Version::Random);
        return if as_made { Ok(()) } else { Err(Problem::ClientId) };
    }
    let sound = (3..=63).contains(&client_id.len())
        && client_id.starts_with(|c: char| c.is_ascii_lowercase())
        && !client_id.ends_with('-')
        && client_id
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if sound { Ok(()) } else { Err(Problem::ClientId) }
}

/// The rules that differ between registrations.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) directory_is_writable: bool,
    /// A developer's own registration: web addresses and permissions are more restricted.
    pub(super) developer: bool,
}

impl Rules<'_> {
    /// Everything that is wrong with an application. Of what stays as it is, nothing is said: what was registered under
    /// older rules can still be changed in other ways.
    pub(super) fn check(&self, after: &Application, before: Option<&Application>) -> Vec<FieldProblem> {
        let mut problems = Vec::new();
        let changed = |same: &dyn Fn(&Application) -> bool| before.is_none_or(|before| !same(before));
        if changed(&|before| before.name == after.name) && check_name(&after.name).is_err() {
            problems.push(Problem::Name.of("name"));
        }
        if changed(&|before| before.redirect_uris == after.redirect_uris && before.profile == after.profile) {
            self.redirect_uris(after, &mut problems);
        }
        let pages = [
            (
                "homepage_url",
                &after.homepage_url,
                before.map(|before| &before.homepage_url),
            ),
            (
                "policy_url",
                &after.policy_url,
                before.map(|before| &before.policy_url),
            ),
            (
                "logo_url",
                &after.about.logo_url,
                before.map(|before| &before.about.logo_url),
            ),
        ];
        for (field, url, before) in pages {
            if before == Some(url) {
                continue;
            }
            if let Some(Err(problem)) = url.as_deref().map(|url| self.page(url)) {
                problems.push(problem.of(field));
            }
        }
        if changed(&|before| before.scope == after.scope) {
            problems.extend(self.scope(&after.scope, before.map(|before| &before.scope)));
        }
        if changed(&|before| before.domains == after.domains) {
            domains(&after.domains, &mut problems);
        }
        if changed(&|before| before.policy == after.policy) {
            problems.extend(policy_problems(&after.policy));
        }
        let about = &after.about;
        let texts = [
            ("use_case", &about.use_case, LONGEST_USE_CASE),
            ("description", &about.description, LONGEST_DESCRIPTION),
        ];
        for (field, written, most) in texts {
            if let Some(Err(problem)) = written.as_deref().map(|written| text(written, most)) {
                problems.push(problem.of(field));
            }
        }
        problems
    }

    fn redirect_uris(&self, application: &Application, problems: &mut Vec<FieldProblem>) {
        const FIELD: &str = "redirect_uris";
        let kind = ClientKind {
            public: application.is_public(),
            strict_urls: application.profile == Profile::Jiomeet,
        };
        let uris = &application.redirect_uris;
        let most = if self.developer {
            MAX_REDIRECT_URIS
        } else {
            MOST_REDIRECT_URIS
        };
        if uris.len() > most {
            problems.push(Problem::TooMany { most }.of(FIELD));
        }
        for (index, uri) in uris.iter().enumerate() {
            if let Err(problem) = registration_problem(uri, kind) {
                problems.push(Problem::Url(problem).of_value(FIELD, index));
            } else if uris[..index].contains(uri) {
                problems.push(Problem::Repeated.of_value(FIELD, index));
            }
        }
    }

    /// The address of a page about the application.
    pub(super) fn page(&self, url: &str) -> Result<(), Problem> {
        if url.len() > LONGEST_URL {
            return Err(Problem::TooLong { most: LONGEST_URL });
        }
        if self.developer {
            // The rules that the examination applies to every address.
            let kind = ClientKind {
                public: false,
                strict_urls: true,
            };
            return registration_problem(url, kind).map_err(Problem::Url);
        }
        let parsed = Url::parse(url).map_err(|_| Problem::WebAddress)?;
        let written = url.starts_with("https://") || url.starts_with("http://");
        let clean = parsed.username().is_empty()
            && parsed.password().is_none()
            && !url.chars().any(|c| c.is_whitespace() || c.is_control());
        if written && clean {
            Ok(())
        } else {
            Err(Problem::WebAddress)
        }
    }

    /// The permissions. An operator may register some that nobody described yet; a developer takes them from the list.
    fn scope(&self, scope: &ScopeSet, before: Option<&ScopeSet>) -> Vec<FieldProblem> {
        let new = |value: &str| before.is_none_or(|before| !before.contains(value));
        let mut problems = Vec::new();
        if !self.directory_is_writable {
            let added: ScopeSet = scope.iter().filter(|value| new(value)).collect();
            let left = self.catalogue.without_directory_writes(&added);
            let gone = added.difference(&left);
            if !gone.is_empty() {
                let scope = gone.to_string();
                problems.push(Problem::ScopeUnavailable { scope }.of("scope"));
            }
        }
        if !self.developer {
            return problems;
        }
        for value in scope.iter().filter(|value| new(value)) {
            let scope = value.to_owned();
            match self.catalogue.find(value) {
                None => problems.push(Problem::ScopeUnknown { scope }.of("scope")),
                Some(permission) if permission.of == Owner::Server => {
                    problems.push(Problem::ScopeReserved { scope }.of("scope"));
                }
                Some(_) => {}
            }
        }
        problems
    }
}

/// A text that people write.
pub(super) fn text(text: &str, most: usize) -> Result<(), Problem> {
    if text.chars().count() > most {
        return Err(Problem::TooLong { most });
    }
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(Problem::ControlCharacters);
    }
    Ok(())
}

/// The domains must be written as `normalize_domain` writes them.
fn domains(domains: &[String], problems: &mut Vec<FieldProblem>) {
    const FIELD: &str = "domains";
    if domains.len() > MOST_DOMAINS {
        problems.push(Problem::TooMany { most: MOST_DOMAINS }.of(FIELD));
    }
    for (index, domain) in domains.iter().enumerate() {
        match normalize_domain(domain) {
            Err(reason) => problems.push(Problem::Domain { reason }.of_value(FIELD, index)),
            Ok(_) if domains[..index].contains(domain) => {
                problems.push(Problem::Repeated.of_value(FIELD, index));
            }
            Ok(_) => {}
        }
    }
}

/// Brings domains into the form they are compared in; what is none stays, to be named by the check.
pub(super) fn normalized_domains(domains: &[String]) -> Vec<String> {
    domains
        .iter()
        .map(|domain| normalize_domain(domain).unwrap_or_else(|_| domain.clone()))
        .collect()
}

/// What is wrong with a policy: every field that is.
pub fn policy_problems(policy: &Policy) -> Vec<FieldProblem> {
    let access = 1..=MAX_ACCESS_SECONDS;
    let family = 1..=MAX_FAMILY_SECONDS;
    let code = 1..=MAX_CODE_SECONDS;
    let grace = 0..=MAX_FAMILY_SECONDS;
    let lives = [
        ("policy.access_seconds", Some(policy.access_seconds), &access),
        (
            "policy.access_from_refresh_seconds",
            policy.access_from_refresh_seconds,
            &access,
        ),
        ("policy.refresh_seconds", Some(policy.refresh_seconds), &family),
        ("policy.family_seconds", Some(policy.family_seconds), &family),
        ("policy.code_seconds", Some(policy.code_seconds), &code),
        ("policy.reuse_grace_seconds", policy.reuse_grace_seconds, &grace),
    ];
    let mut problems: Vec<_> = lives
        .into_iter()
        .filter(|(_, seconds, bounds)| seconds.is_some_and(|seconds| !bounds.contains(&seconds)))
        .map(|(field, _, bounds)| {
            let (least, most) = (*bounds.start(), *bounds.end());
            Problem::Range { least, most }.of(field)
        })
        .collect();
    // What the bounds do not know; whoever adds a rule there need not know of this place.
    if problems.is_empty()
        && let Err(reason) = policy.check()
    {
        problems.push(Problem::Policy { reason }.of("policy"));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::check_client_id;

    /// A chosen client id is never one that a user could have (RFC 9700 4.15).
    #[test]
    fn client_ids() {
        for good in [
            "calendar",
            "a1b",
            "b5f5e0c2-6a0c-4a1e-9d5e-0d7b1b1f3c11",
            "my-app-2",
        ] {
            assert!(check_client_id(good).is_ok(), "{good}");
        }
        let long = "a".repeat(64);
        for bad in [
            "",
            "ab",
            "Calendar",
            "1app",
            "app-",
            "-app",
            "app_1",
            "app.1",
            "an app",
            // A user's id, and other spellings and versions of UUIDs.
            "0199a5f0-7c3e-7d5a-8f5b-0123456789ab",
            "a199a5f07c3e7d5a8f5b0123456789ab",
            "B5F5E0C2-6A0C-4A1E-9D5E-0D7B1B1F3C11",
            "b5f5e0c26a0c4a1e9d5e0d7b1b1f3c11",
            "b5f5e0c2-6a0c-1a1e-9d5e-0d7b1b1f3c11",
            long.as_str(),
        ] {
            assert!(check_client_id(bad).is_err(), "{bad:?}");
        }
    }
}
