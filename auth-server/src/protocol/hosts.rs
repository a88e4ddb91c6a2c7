//! Hosts that could deceive: names that look like another one's, mixed scripts, Punycode (UTS 39, RFC 5891).

use unicode_security::confusable_detection::skeleton;
use unicode_security::mixed_script::MixedScript;
use url::{Host, Url};

use crate::domain::application::Application;

/// A host name in the two forms that findings need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName {
    /// As URLs have it: lower case, Punycode.
    pub ascii: String,
    /// As a reader sees it.
    pub readable: String,
}

impl HostName {
    /// Takes the host of a parsed URL, which is in ASCII form.
    pub fn new(ascii: &str) -> Self {
        let ascii = ascii.trim_end_matches('.').to_ascii_lowercase();
        let (readable, _) = idna::domain_to_unicode(&ascii);
        Self { ascii, readable }
    }

    /// The host of a web address, where it is a name.
    pub fn of(url: &Url) -> Option<Self> {
        match url.host()? {
            Host::Domain(name) if matches!(url.scheme(), "https" | "http") => Some(Self::new(name)),
            _ => None,
        }
    }

    /// The hosts of an application's addresses.
    pub fn all_of(application: &Application) -> Vec<Self> {
        let pages = [
            &application.homepage_url,
            &application.policy_url,
            &application.about.logo_url,
        ];
        let addresses = application
            .redirect_uris
            .iter()
            .chain(pages.into_iter().flatten());
        addresses
            .filter_map(|address| Self::of(&Url::parse(address).ok()?))
            .collect()
    }

    /// Whether it has letters beyond ASCII.
    pub fn is_punycode(&self) -> bool {
        self.ascii.split('.').any(|label| label.starts_with("xn--"))
    }

    /// The first label that mixes scripts which no language mixes.
    pub fn mixed_label(&self) -> Option<&str> {
        self.readable.split('.').find(|label| !label.is_single_script())
    }

    /// What the whole name looks like: names with the same look are confusable. `www.` is left out.
    pub fn look(&self) -> String {
        look(self.readable.trim_start_matches("www."))
    }

    /// The last two labels, which is mostly what somebody registered.
    pub fn registered(&self) -> &str {
        last_two(&self.ascii)
    }

    /// What the last two labels look like.
    pub fn registered_look(&self) -> String {
        look(last_two(&self.readable))
    }

    /// Whether a reader could take this name for the other one, though they are not the same.
    pub fn resembles(&self, other: &Self) -> bool {
        let bare = |name: &'_ str| name.trim_start_matches("www.").to_owned();
        let whole = self.look() == other.look() && bare(&self.ascii) != bare(&other.ascii);
        let registered =
            self.registered() != other.registered() && self.registered_look() == other.registered_look();
        whole || registered
    }
}

fn last_two(name: &str) -> &str {
    let mut dots = name.rmatch_indices('.').map(|(at, _)| at);
    dots.nth(1).map_or(name, |at| &name[at + 1..])
}

/// The skeleton of UTS 39. Figures that stand for letters are folded on both sides, so that a skeleton equals another
/// one's whichever of the two is the original.
fn look(name: &str) -> String {
    let skeleton: String = skeleton(&name.to_lowercase()).collect();
    skeleton.to_lowercase().replace('1', "l").replace('0', "o")
}

/// The operator's list of hosts that nobody may register.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocklist {
    hosts: std::collections::HashSet<String>,
}

impl Blocklist {
    /// Reads a list: one host per line, `#` begins a comment. What is no host is left out.
    pub fn parse(text: &str) -> Self {
        let hosts = text
            .lines()
            .map(|line| line.split('#').next().unwrap_or_default().trim())
            .filter(|line| !line.is_empty())
            .filter_map(|line| url::Host::parse(line.trim_start_matches('.')).ok())
            .map(|host| host.to_string().trim_end_matches('.').to_ascii_lowercase())
            .collect();
        Self { hosts }
    }

    /// How many hosts it has.
    pub fn len(&self) -> usize {
        self.hosts.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// The entry that a host or one of the domains above it is on.
    pub fn find(&self, host: &HostName) -> Option<&str> {
        let mut rest = Some(host.ascii.as_str());
        while let Some(name) = rest {
            if let Some(entry) = self.hosts.get(name) {
                return Some(entry);
            }
            rest = name.split_once('.').map(|(_, above)| above);
        }
        None
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn host(text: &str) -> HostName {
        let url = url::Url::parse(&format!("https://{text}/")).expect("a URL");
        HostName::new(url.host_str().expect("a host"))
    }

    #[test]
    fn look_alikes_are_seen_from_either_side() {
        for (one, other) in [
            ("paypa1.com", "paypal.com"),
            ("examp1e.com", "example.com"),
            ("login.examp1e.com", "app.example.com"),
            ("rnail.com", "mail.com"),
            ("g00gle.com", "google.com"),
            ("еxample.com", "example.com"),
            ("www.examp1e.com", "example.com"),
            ("paypa1.co.uk", "paypal.co.uk"),
        ] {
            let (one, other) = (host(one), host(other));
            assert!(one.resembles(&other), "{one:?} {other:?}");
            assert!(other.resembles(&one), "{other:?} {one:?}");
        }
    }

    #[test]
    fn other_names_are_no_look_alikes() {
        for (one, other) in [
            ("example.com", "example.com"),
            ("www.example.com", "example.com"),
            ("app.example.com", "login.example.com"),
            ("alpha.co.uk", "beta.co.uk"),
            ("example.com", "example.org"),
        ] {
            assert!(!host(one).resembles(&host(other)), "{one} {other}");
        }
    }

    #[test]
    fn scripts_and_punycode() {
        assert_eq!(host("раypal.com").mixed_label(), Some("раypal"));
        assert_eq!(host("bücher.example").mixed_label(), None);
        assert!(host("bücher.example").is_punycode());
        assert_eq!(host("пример.example").mixed_label(), None);
        assert!(!host("example.com").is_punycode());
    }

    #[test]
    fn a_blocklist_holds_for_subdomains() {
        let list = Blocklist::parse(
            "# bad ones\nEvil.example  # since May\n\n.phish.test\nbücher.example\nnot a host/\n",
        );
        assert_eq!(list.len(), 3);
        for (name, listed) in [
            ("evil.example", true),
            ("app.EVIL.example", true),
            ("notevil.example", false),
            ("example", false),
            ("a.b.phish.test", true),
            ("xn--bcher-kva.example", true),
        ] {
            assert_eq!(list.find(&host(name)).is_some(), listed, "{name}");
        }
    }
}
