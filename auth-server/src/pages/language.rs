//! Which language a page speaks: RFC 4647 lookup over what the user chose, what the application
//! asked for and what the browser prefers.

use std::fmt;

/// A language the pages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// `en`, spoken when nothing else is asked for.
    #[default]
    English,
    /// `fr`.
    French,
}

impl Language {
    /// Every language, in the order the switch shows them.
    pub const ALL: [Self; 2] = [Self::English, Self::French];

    /// The BCP 47 tag, as in the `lang` attribute.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    /// The language's name in itself.
    pub const fn native_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::French => "Français",
        }
    }

    /// The language of exactly this tag, as the language switch sends it.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(tag))
    }

    /// The language to answer in. What the user chose with the switch (`cookie`) comes first, else the
    /// switch would do nothing on a page whose address carries `ui_locales`; then `ui_locales` (OpenID
    /// Connect Core 3.1.2.1, tags in order of preference, separated by spaces); then `Accept-Language`
    /// (RFC 9110 12.5.4) by its weights. Anything malformed counts as absent.
    pub fn negotiate(ui_locales: Option<&str>, cookie: Option<&str>, accept_language: Option<&str>) -> Self {
        cookie
            .and_then(|tag| Self::from_tag(tag.trim()))
            .or_else(|| ui_locales?.split_ascii_whitespace().find_map(Self::look_up))
            .or_else(|| Self::from_accept_language(accept_language?))
            .unwrap_or_default()
    }

    /// RFC 4647 3.4: the range loses its last subtag until it names a language we have.
    fn look_up(range: &str) -> Option<Self> {
        let mut range = range;
        loop {
            if let Some(found) = Self::from_tag(range) {
                return Some(found);
            }
            range = range.rsplit_once('-')?.0;
        }
    }

    fn from_accept_language(header: &str) -> Option<Self> {
        let mut ranges: Vec<(&str, u16)> = header.split(',').filter_map(weighted_range).collect();
        // Stable: ranges of equal weight keep the order of the header.
        ranges.sort_by_key(|&(_, weight)| std::cmp::Reverse(weight));
        let refused = |language: Self| {
            ranges
                .iter()
                .any(|&(range, weight)| weight == 0 && range.eq_ignore_ascii_case(language.tag()))
        };
        ranges
            .iter()
            .filter(|&&(_, weight)| weight > 0)
            .find_map(|&(range, _)| {
                if range == "*" {
                    Self::ALL.into_iter().find(|&language| !refused(language))
                } else {
                    Self::look_up(range).filter(|&language| !refused(language))
                }
            })
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.tag())
    }
}

/// One element of `Accept-Language` with its weight in thousandths (RFC 9110 12.4.2).
fn weighted_range(element: &str) -> Option<(&str, u16)> {
    let (range, parameter) = match element.split_once(';') {
        Some((range, parameter)) => (range, Some(parameter)),
        None => (element, None),
    };
    let range = range.trim();
    if range.is_empty() {
        return None;
    }
    let Some(parameter) = parameter else {
        return Some((range, 1000));
    };
    let value = parameter
        .trim()
        .strip_prefix(['q', 'Q'])?
        .trim_start()
        .strip_prefix('=')?
        .trim();
    Some((range, weight(value)?))
}

/// `0`, `0.8`, `1.000`: at most three decimals, at most one.
fn weight(value: &str) -> Option<u16> {
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Language::{self, English, French};

    fn accept(header: &str) -> Language {
        Language::negotiate(None, None, Some(header))
    }

    #[test]
    fn the_users_choice_beats_the_application_and_the_browser() {
        assert_eq!(Language::negotiate(Some("en"), Some("fr"), Some("en")), French);
        assert_eq!(Language::negotiate(Some("fr"), None, Some("en")), French);
        assert_eq!(Language::negotiate(None, None, Some("fr")), French);
        assert_eq!(Language::negotiate(None, None, None), English);
    }

    #[test]
    fn a_cookie_of_no_language_of_ours_counts_as_absent() {
        assert_eq!(Language::negotiate(None, Some("xx"), Some("fr")), French);
        assert_eq!(Language::negotiate(None, Some("<script>"), None), English);
    }

    #[test]
    fn ui_locales_are_tried_in_order_and_shortened() {
        let ui_locales = |tags| Language::negotiate(Some(tags), None, Some("en"));
        assert_eq!(ui_locales("fr-CA fr en"), French);
        assert_eq!(ui_locales("de-CH-1996 FR-latn-ca"), French);
        assert_eq!(ui_locales("de it"), English, "falls through to the browser");
        assert_eq!(
            ui_locales("frank"),
            English,
            "a prefix of letters is not a language"
        );
    }

    #[test]
    fn accept_language_goes_by_weight_then_by_order() {
        assert_eq!(accept("en;q=0.5, fr;q=0.8"), French);
        assert_eq!(accept("fr-BE, en;q=0.9"), French);
        assert_eq!(accept("de, fr;q=0.2, en;q=0.1"), French);
        assert_eq!(accept("en;q=0.7,fr;q=0.7"), English);
        assert_eq!(accept("fr ; q = 0.7 , en;q=0.6"), French);
    }

    #[test]
    fn a_weight_of_zero_excludes() {
        assert_eq!(accept("en;q=0, *"), French);
        assert_eq!(accept("fr;q=0, fr-CA"), English);
        assert_eq!(accept("*"), English);
    }

    #[test]
    fn malformed_elements_are_skipped() {
        assert_eq!(
            accept(",,;q=1, fr;q=2, fr;q=abc, fr;q=0.1234, fr;x=1, fr;q=1.5"),
            English
        );
        assert_eq!(accept(&"fr;q=".repeat(2000)), English);
    }
}
