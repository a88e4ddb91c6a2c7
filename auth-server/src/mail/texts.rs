//! The words: one data file per language. Values are put in as they are and never looked into again, so that a name
//! which looks like a placeholder stays a name.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::mail::{Letter, MailKind};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    greeting: String,
    closing: String,
    verify_email: Text,
    reset_password: Text,
    password_changed: Text,
    second_factor_changed: Text,
    submission_received: Text,
    approved: Text,
    on_hold: Text,
    rejected: Text,
    new_sign_in: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    subject: String,
    body: String,
}

static LANGUAGES: LazyLock<Vec<(&'static str, Texts)>> = LazyLock::new(|| {
    [
        ("en", include_str!("../../../templates/mail/texts/en.toml")),
        ("fr", include_str!("../../../templates/mail/texts/fr.toml")),
    ]
    .into_iter()
    // A file that is no such file is found by the tests below.
    .filter_map(|(tag, file)| Some((tag, toml::from_str(file).ok()?)))
    .collect()
});

impl Texts {
    fn of(&self, kind: MailKind) -> &Text {
        match kind {
            MailKind::VerifyEmail => &self.verify_email,
            MailKind::ResetPassword => &self.reset_password,
            MailKind::PasswordChanged => &self.password_changed,
            MailKind::SecondFactorChanged => &self.second_factor_changed,
            MailKind::SubmissionReceived => &self.submission_received,
            MailKind::Approved => &self.approved,
            MailKind::OnHold => &self.on_hold,
            MailKind::Rejected => &self.rejected,
            MailKind::NewSignIn => &self.new_sign_in,
        }
    }
}

/// A message in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// One line.
    pub subject: String,
    /// Lines of text.
    pub body: String,
}

/// Writes a message to somebody called `name`. A language that nobody translated to is English.
pub fn write(letter: &Letter, language: &str, name: &str, service: &str) -> Written {
    let known = |tag: &str| {
        LANGUAGES
            .iter()
            .find(|(known, _)| *known == tag)
            .map(|(_, texts)| texts)
    };
    let Some(texts) = known(language).or_else(|| known("en")) else {
        return Written {
            subject: String::new(),
            body: String::new(),
        };
    };
    let text = texts.of(letter.kind());
    let mut values = letter.values();
    values.push(("name", name));
    values.push(("service", service));
    let fill = |template: &str| fill(template, &values);
    Written {
        subject: one_line(&fill(&text.subject)),
        body: format!(
            "{}\n\n{}\n\n{}\n",
            fill(&texts.greeting),
            fill(text.body.trim()),
            fill(texts.closing.trim())
        ),
    }
}

/// Puts values in the place of `{name}`, in one pass.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let value = after
            .split_once('}')
            .and_then(|(name, after)| Some((values.iter().find(|(known, _)| *known == name)?.1, after)));
        if let Some((value, after)) = value {
            filled.push_str(value);
            rest = after;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

/// A value may hold line breaks, which a subject must not: they would begin another header.
fn one_line(text: &str) -> String {
    let visible: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters() -> Vec<Letter> {
        let text = |text: &str| text.to_owned();
        let (application, reason, link) = (
            text("Doodle"),
            text("No such page."),
            text("https://id.example/x"),
        );
        vec![
            Letter::VerifyEmail { link: link.clone() },
            Letter::ResetPassword { link: link.clone() },
            Letter::PasswordChanged,
            Letter::SecondFactorChanged { link: link.clone() },
            Letter::SubmissionReceived {
                application: application.clone(),
                link: link.clone(),
            },
            Letter::Approved {
                application: application.clone(),
                link: link.clone(),
            },
            Letter::OnHold {
                application: application.clone(),
                reason: reason.clone(),
                link: link.clone(),
            },
            Letter::Rejected {
                application,
                reason,
                link: link.clone(),
            },
            Letter::NewSignIn {
                device: text("Firefox"),
                network: text("192.0.2.0/24"),
                at: text("today"),
                link,
            },
        ]
    }

    #[test]
    fn every_message_exists_in_every_language_and_says_all_it_was_given() {
        assert_eq!(LANGUAGES.len(), 2);
        assert_eq!(letters().len(), MailKind::ALL.len());
        for letter in letters() {
            let mut subjects = Vec::new();
            for language in ["en", "fr"] {
                let written = write(&letter, language, "Ann", "id.example");
                for (name, value) in letter.values() {
                    assert!(written.body.contains(value), "{language} {letter:?}: {name}");
                }
                for text in [&written.subject, &written.body] {
                    assert!(!text.contains(['{', '}', '\'']), "{text}");
                }
                assert!(!written.subject.is_empty());
                assert!(
                    written.body.lines().all(|line| line.chars().count() <= 78),
                    "{}",
                    written.body
                );
                subjects.push(written.subject);
            }
            assert_ne!(subjects[0], subjects[1]);
        }
    }

    #[test]
    fn values_are_not_looked_into_and_break_no_line_of_the_subject() {
        let letter = Letter::Approved {
            application: "Evil\r\nBcc: all@example.com\u{2028}{link}".to_owned(),
            link: "https://id.example/x".to_owned(),
        };
        let written = write(&letter, "en", "{link}", "id.example");
        assert!(
            written.subject.contains("Evil Bcc: all@example.com {link}"),
            "{}",
            written.subject
        );
        assert!(!written.subject.contains(['\r', '\n']));
        assert!(written.body.starts_with("Hello {link},"), "{}", written.body);
    }
}
