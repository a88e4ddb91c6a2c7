//! Points in time as pages show them.

use std::fmt;

use chrono::{DateTime, Datelike, Utc};

use super::texts::Texts;

/// A moment, seconds since the Unix epoch; shown in UTC, to the minute, in the form that sorts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub i64);

impl Moment {
    fn formatted(self, format: &str) -> String {
        DateTime::<Utc>::from_timestamp(self.0, 0)
            .map(|at| at.format(format).to_string())
            .unwrap_or_default()
    }

    /// As machines read it (RFC 3339).
    pub(super) fn iso(self) -> String {
        self.formatted("%Y-%m-%dT%H:%M:%SZ")
    }

    /// To the second, for logs.
    pub(super) fn exact(self) -> String {
        self.formatted("%Y-%m-%d %H:%M:%S UTC")
    }

    /// Its day as people write it, such as "28 November 2026".
    pub(super) fn day(self, texts: &Texts) -> String {
        let date = &texts.date;
        let months = [
            &date.january,
            &date.february,
            &date.march,
            &date.april,
            &date.may,
            &date.june,
            &date.july,
            &date.august,
            &date.september,
            &date.october,
            &date.november,
            &date.december,
        ];
        DateTime::<Utc>::from_timestamp(self.0, 0)
            .and_then(|at| {
                let month = months.get(usize::try_from(at.month0()).ok()?)?;
                let day = match at.day() {
                    1 => date.first.to_string(),
                    other => other.to_string(),
                };
                Some(format!("{day} {month} {}", at.year()))
            })
            .unwrap_or_default()
    }

    /// Day and time as people write them, such as "28 November 2026, 21:25 UTC".
    pub(super) fn in_words(self, texts: &Texts) -> String {
        let (before, time) = texts.date.moment.around("day");
        let time = time.replace("{time}", &self.formatted("%H:%M"));
        format!("{before}{}{time}", self.day(texts))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.formatted("%Y-%m-%d %H:%M UTC"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::Language;

    #[test]
    fn moments_are_written_as_people_do() {
        for (seconds, english, french) in [
            (
                1_790_899_500,
                "2 October 2026, 00:05 UTC",
                "2 octobre 2026 à 00:05 UTC",
            ),
            (
                1_798_761_599,
                "31 December 2026, 23:59 UTC",
                "31 décembre 2026 à 23:59 UTC",
            ),
            (
                1_798_761_600,
                "1 January 2027, 00:00 UTC",
                "1er janvier 2027 à 00:00 UTC",
            ),
        ] {
            let moment = Moment(seconds);
            assert_eq!(moment.in_words(Texts::of(Language::English)), english);
            assert_eq!(moment.in_words(Texts::of(Language::French)), french);
        }
        assert_eq!(Moment(1_798_761_599).to_string(), "2026-12-31 23:59 UTC");
        assert_eq!(Moment(1_798_761_599).exact(), "2026-12-31 23:59:59 UTC");
    }
}
