//! What was found about the URLs of an application when it was submitted, for its developer and its reviewer.

use serde::{Deserialize, Serialize};

/// Which of an application's URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingField {
    /// One of its redirect URIs.
    RedirectUri,
    /// Its home page.
    Homepage,
    /// Its privacy policy.
    Policy,
    /// Its logo.
    Logo,
}

/// How much it weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// A reviewer should look.
    Warns,
    /// To be mended; a reviewer who approves it all the same answers for that.
    Blocks,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Not a URL that may be registered (S4.20 to S4.23).
    Malformed,
    /// Plain http (S4.19).
    PlainHttp,
    /// Leads to this machine or into a private network; it was not called.
    PrivateTarget,
    /// Its host has no address (S4.24).
    Unresolved,
    /// Nobody answers there (S4.24).
    Unreachable,
    /// There is an answer, and it is an error such as 404 (S4.24).
    PageMissing,
    /// The host mixes scripts in one label (S4.26).
    MixedScripts,
    /// The host looks like that of another application or of this server (S4.26).
    LookAlike,
    /// The host has letters beyond ASCII, shown as Punycode in some places (S4.26).
    Punycode,
    /// The host is on the operator's blocklist (S4.25).
    Blocklisted,
    /// The logo is not a picture that is shown: too large, or not PNG, JPEG, WebP or GIF.
    LogoUnusable,
}

macro_rules! stored_names {
    ($kind:ty, $what:literal: $($variant:ident = $name:literal),+ $(,)?) => {
        impl $kind {
            /// Every one there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its stored name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }
        }

        impl std::str::FromStr for $kind {
            type Err = String;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|known| known.as_str() == name)
                    .ok_or_else(|| format!(concat!("unknown ", $what, " {:?}"), name))
            }
        }
    };
}

pub(super) use stored_names;

stored_names!(FindingField, "field":
    RedirectUri = "redirect_uri", Homepage = "homepage", Policy = "policy", Logo = "logo");
stored_names!(Severity, "severity": Note = "note", Warns = "warns", Blocks = "blocks");
stored_names!(FindingKind, "finding":
    Malformed = "malformed", PlainHttp = "plain_http", PrivateTarget = "private_target",
    Unresolved = "unresolved", Unreachable = "unreachable", PageMissing = "page_missing",
    MixedScripts = "mixed_scripts", LookAlike = "look_alike", Punycode = "punycode",
    Blocklisted = "blocklisted", LogoUnusable = "logo_unusable");

impl FindingKind {
    /// How much it weighs.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Malformed | Self::PlainHttp | Self::PrivateTarget | Self::Blocklisted => Severity::Blocks,
            Self::Unresolved
            | Self::Unreachable
            | Self::PageMissing
            | Self::MixedScripts
            | Self::LookAlike
            | Self::LogoUnusable => Severity::Warns,
            Self::Punycode => Severity::Note,
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which of its URLs.
    pub field: FindingField,
    /// The URL as the developer wrote it.
    pub url: String,
    /// What was found.
    pub kind: FindingKind,
    /// How much it weighs.
    pub severity: Severity,
    /// The exact reason, in English: what a log would say.
    pub detail: String,
}

impl Finding {
    /// A finding of the weight that its kind has.
    pub fn new(field: FindingField, url: &str, kind: FindingKind, detail: impl Into<String>) -> Self {
        Self {
            field,
            url: url.to_owned(),
            kind,
            severity: match (kind, field) {
                // Nothing is sent there by this server, and an application of an intranet has its users there.
                (FindingKind::PrivateTarget, FindingField::RedirectUri) => Severity::Warns,
                _ => kind.severity(),
            },
            detail: detail.into(),
        }
    }
}

/// What is known about one submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Examination {
    /// When the application was submitted, seconds since the Unix epoch.
    pub submitted_at: i64,
    /// When the last of its URLs had been looked at, seconds since the Unix epoch; none: still checking.
    pub completed_at: Option<i64>,
    /// What was found so far, the gravest first.
    pub findings: Vec<Finding>,
    /// Hash of the logo that was fetched.
    pub logo: Option<String>,
}
