//! Which language a page speaks.

use std::fmt;

/// A language the pages are written in.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Language {
    /// Spoken when nothing else is asked for.
    #[default]
    English,
    /// `fr`
    French,
}

impl Language {
    /// Every language, in the order the switch shows them.
    pub const ALL: [Self; 2] = [Self::English, Self::French];

    /// The tag, as in the `lang` attribute.
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

    /// The language of exactly this tag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(tag))
    }

    /// The best of `Accept-Language` (RFC 9110 section 12.5.4): by weight, then by order; of each range
    /// its first part counts. What cannot be read counts as absent.
    pub fn accepted(header: &str) -> Option<Self> {
        let mut best: Option<(Self, f32)> = None;
        for element in header.split(',') {
            let (range, parameter) = element.split_once(';').unwrap_or((element, "q=1"));
            let weight = parameter.trim().strip_prefix("q=");
            let weight: Option<f32> = weight.and_then(|weight| weight.parse().ok());
            let language = range.trim().split('-').next().and_then(Self::from_tag);
            if let (Some(language), Some(weight)) = (language, weight)
                && weight > best.map_or(0.0, |(_, weight)| weight)
                && weight <= 1.0
            {
                best = Some((language, weight));
            }
        }
        best.map(|(language, _)| language)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

#[cfg(test)]
mod tests {
    use super::Language::{self, English, French};

    #[test]
    fn the_browsers_wish_goes_by_weight_then_by_order() {
        for (header, expected) in [
            ("fr", Some(French)),
            ("fr-CA, en;q=0.9", Some(French)),
            ("en;q=0.5, fr;q=0.8", Some(French)),
            ("de, EN-gb;q=0.7,fr;q=0.7", Some(English)),
            ("fr;q=0, en;q=0.1", Some(English)),
            ("fr;q=2, fr;q=x, fr;q=NaN, fr;x=1, , ;q=1", None),
            ("frank, *", None),
            ("", None),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header}");
        }
    }
}
