//! Lengths of time as people say them.

use super::texts::Texts;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl Texts {
    /// "90 seconds" is two minutes to a person: the largest unit that loses little, rounded up.
    pub(crate) fn duration(&self, seconds: u64) -> String {
        self.in_units(seconds, u64::div_ceil)
    }

    /// How long ago something was: no unit is counted before it has passed.
    pub(crate) fn elapsed(&self, seconds: u64) -> String {
        self.in_units(seconds, |seconds, unit| seconds / unit)
    }

    fn in_units(&self, seconds: u64, divide: impl Fn(u64, u64) -> u64) -> String {
        let words = &self.duration;
        let fits = |unit: u64| seconds >= 2 * unit || (seconds >= unit && seconds.is_multiple_of(unit));
        let (unit, one, many) = if fits(DAY) {
            (DAY, &words.day, &words.days)
        } else if fits(HOUR) {
            (HOUR, &words.hour, &words.hours)
        } else if seconds >= MINUTE {
            (MINUTE, &words.minute, &words.minutes)
        } else {
            (1, &words.second, &words.seconds)
        };
        let count = divide(seconds, unit);
        if count == 1 {
            one.with("n", count)
        } else {
            many.with("n", count)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::pages::Language;
    use crate::pages::texts::Texts;

    #[test]
    fn durations_read_as_people_say_them() {
        let english = |seconds| Texts::of(Language::English).duration(seconds);
        assert_eq!(english(1), "1 second");
        assert_eq!(english(30), "30 seconds");
        assert_eq!(english(60), "1 minute");
        assert_eq!(english(90), "2 minutes");
        assert_eq!(english(3_600), "1 hour");
        assert_eq!(english(86_400), "1 day");
        assert_eq!(english(90_000), "25 hours");
        assert_eq!(english(17_280_000), "200 days");
        let elapsed = |seconds| Texts::of(Language::English).elapsed(seconds);
        assert_eq!(elapsed(59), "59 seconds");
        assert_eq!(elapsed(90), "1 minute");
        assert_eq!(elapsed(3 * 86_400 + 2_400), "3 days");
        assert_eq!(elapsed(90_000), "25 hours");
        assert_eq!(elapsed(2 * 86_400 - 1), "47 hours");
        assert_eq!(Texts::of(Language::French).duration(604_800), "7\u{a0}jours");
    }
}
