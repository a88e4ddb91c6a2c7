//! The public record of an establishment: a place that a user answers for, and the feeds it is published on.

use serde::{Deserialize, Serialize};
use url::Url;

use super::attendee::Email;
use super::change::Change;

/// The longest name, in characters; the other limits count characters, too.
pub const MAX_NAME: usize = 200;
/// The longest description.
pub const MAX_DESCRIPTION: usize = 5_000;
/// The longest street with house number.
pub const MAX_STREET: usize = 300;
/// The longest postal code.
pub const MAX_POSTAL_CODE: usize = 20;
/// The longest name of a town.
pub const MAX_CITY: usize = 100;
/// Letters of a country code.
pub const COUNTRY_LENGTH: usize = 2;
/// The longest e-mail address.
pub const MAX_EMAIL: usize = 254;
/// The longest telephone number.
pub const MAX_PHONE: usize = 32;
/// The longest address of a website.
pub const MAX_WEBSITE: usize = 2_000;
/// The most opening hours: four a day.
pub const MAX_OPENING_HOURS: usize = 28;

/// What the record says. Whatever is not known is absent.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Details {
    /// What people call the place.
    pub name: String,
    /// What it offers.
    pub description: Option<String>,
    /// Street and house number.
    pub street: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// Country (ISO 3166-1 alpha-2).
    pub country: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Where to write to.
    pub email: Option<Email>,
    /// Its own pages.
    pub website: Option<String>,
    /// When it is open.
    pub opening_hours: Vec<OpeningHours>,
}

/// What an update changes.
#[derive(Clone, Debug, Default)]
pub struct DetailsChange {
    /// The new name; a record always has one.
    pub name: Option<String>,
    /// See [`Details`], as with the following.
    pub description: Change<String>,
    /// Street and house number.
    pub street: Change<String>,
    /// Postal code.
    pub postal_code: Change<String>,
    /// Town.
    pub city: Change<String>,
    /// Country.
    pub country: Change<String>,
    /// Telephone number.
    pub phone: Change<String>,
    /// Where to write to.
    pub email: Change<Email>,
    /// Its own pages.
    pub website: Change<String>,
    /// The new list, in place of the old one.
    pub opening_hours: Option<Vec<OpeningHours>>,
}

impl DetailsChange {
    /// What the record says after the change.
    pub fn apply(self, to: Details) -> Details {
        Details {
            name: self.name.unwrap_or(to.name),
            description: self.description.apply(to.description),
            street: self.street.apply(to.street),
            postal_code: self.postal_code.apply(to.postal_code),
            city: self.city.apply(to.city),
            country: self.country.apply(to.country),
            phone: self.phone.apply(to.phone),
            email: self.email.apply(to.email),
            website: self.website.apply(to.website),
            opening_hours: self.opening_hours.unwrap_or(to.opening_hours),
        }
    }
}

/// A record as it is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Establishment {
    /// What it says.
    pub details: Details,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds.
    pub updated_at: i64,
}

/// A stretch of one day.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct OpeningHours {
    /// The day.
    pub day: Day,
    /// From when.
    pub opens: TimeOfDay,
    /// Until when; later on the same day.
    pub closes: TimeOfDay,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "everybody knows them")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// Minutes since midnight; `24:00` is the end of the day. Written as `HH:MM`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// Reads `HH:MM`, from `00:00` to `24:00`.
    pub fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.split_once(':')?;
        let two_digits = |part: &str| -> Option<u16> {
            (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| part.parse().ok())
                .flatten()
        };
        let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
        let total = hours * 60 + minutes;
        (minutes < 60 && total <= 24 * 60).then_some(Self(total))
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a time such as 09:30")
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        format!("{:02}:{:02}", time.0 / 60, time.0 % 60)
    }
}

/// Checks a telephone number: digits and what people put between them, a `+` in front at most.
pub fn is_phone(text: &str) -> bool {
    let number = text.strip_prefix('+').unwrap_or(text);
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    (3..=20).contains(&digits)
        && number
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b" .-/()".contains(&byte))
}

/// Checks the shape of a country code (ISO 3166-1 alpha-2).
pub fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Checks the address of a website. One with a user name in it looks like another site than it is.
pub fn is_website(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "https" | "http") && url.username().is_empty() && url.password().is_none()
    })
}

/// Where establishments are published.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Feed {
    /// A list of establishments.
    Directory,
    /// Establishments by place.
    Map,
    /// What happens where.
    Events,
}

impl Feed {
    /// Every feed, in the order they are listed.
    pub const ALL: [Self; 3] = [Self::Directory, Self::Map, Self::Events];

    /// The word for it in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Map => "map",
            Self::Events => "events",
        }
    }

    /// The reverse of [`Feed::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|feed| feed.as_str() == text)
    }

    /// What it is, in English and in French.
    pub fn description(self) -> (&'static str, &'static str) {
        match self {
            Self::Directory => ("The directory of establishments", "L’annuaire des établissements"),
            Self::Map => ("The map of establishments", "La carte des établissements"),
            Self::Events => ("The calendar of events", "L’agenda des événements"),
        }
    }
}

/// A feed that a record is published on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Publication {
    /// The feed.
    pub feed: Feed,
    /// Since when, unix seconds.
    pub published_at: i64,
}

#[cfg(test)]
mod tests {
    use super::{TimeOfDay, is_country, is_phone, is_website};

    #[test]
    fn times_of_day() {
        for text in ["00:00", "09:30", "23:59", "24:00"] {
            assert_eq!(TimeOfDay::parse(text).map(String::from).as_deref(), Some(text));
        }
        for text in [
            "", ":", "9:30", "09:60", "24:01", "25:00", "+9:30", "09:30:00", "09h30", "99:99", "0९:30",
        ] {
            assert_eq!(TimeOfDay::parse(text), None, "{text}");
        }
        assert!(TimeOfDay::parse("09:30") < TimeOfDay::parse("24:00"));
    }

    #[test]
    fn what_is_a_telephone_number_a_country_a_website() {
        for (text, expected) in [
            ("+33 1 23 45 67 89", true),
            ("(030) 123/45-6", true),
            ("112", true),
            ("", false),
            ("+", false),
            ("12", false),
            ("1+2345", false),
            ("call me", false),
            ("123456789012345678901", false),
        ] {
            assert_eq!(is_phone(text), expected, "{text}");
        }
        for (text, expected) in [
            ("FR", true),
            ("fr", false),
            ("FRA", false),
            ("É", false),
            ("", false),
        ] {
            assert_eq!(is_country(text), expected, "{text}");
        }
        for (text, expected) in [
            ("https://example.org/a?b#c", true),
            ("http://example.org", true),
            ("javascript:alert(1)", false),
            ("ftp://example.org", false),
            ("https://bank.example@evil.example", false),
            ("example.org", false),
            ("https://", false),
        ] {
            assert_eq!(is_website(text), expected, "{text}");
        }
    }
}
