//! Parameters of a request, as RFC 6749 3.1 wants them read: a repeated parameter is an error, an empty one
//! counts as absent. The engine reads repeated parameters as absent ones, so this runs before it.

use percent_encoding::percent_decode_str;

/// More parameters than any honest request has.
pub const MAX_PARAMETERS: usize = 100;

/// Parameters that may come more than once (RFC 8707 2, RFC 8693 2.1).
const REPEATABLE: [&str; 2] = ["resource", "audience"];

/// Decoded parameters, in the order they came.
#[derive(Clone, Default)]
pub struct Params {
    pairs: Vec<(String, String)>,
    duplicate: Option<String>,
}

/// Why a query or body cannot be read as parameters at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// Not UTF-8 after percent-decoding, or with a NUL.
    #[error("a parameter is not UTF-8 text")]
    Encoding,
    /// Too many of them.
    #[error("more than {MAX_PARAMETERS} parameters")]
    TooMany,
}

impl Params {
    /// Reads `application/x-www-form-urlencoded` text.
    pub fn parse(text: &str) -> Result<Self, ParamsError> {
        let mut params = Self::default();
        for (count, pair) in text.split('&').filter(|pair| !pair.is_empty()).enumerate() {
            if count == MAX_PARAMETERS {
                return Err(ParamsError::TooMany);
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            if !value.is_empty() {
                params.push(name, value);
            }
        }
        Ok(params)
    }

    /// Takes pairs that were decoded elsewhere.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut params = Self::default();
        for (name, value) in pairs {
            if !value.is_empty() {
                params.push(name, value);
            }
        }
        params
    }

    fn push(&mut self, name: String, value: String) {
        if !REPEATABLE.contains(&name.as_str()) && self.pairs.iter().any(|(known, _)| *known == name) {
            self.duplicate.get_or_insert_with(|| name.clone());
        }
        self.pairs.push((name, value));
    }

    /// The value of a parameter; none when absent, empty or repeated.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.all(name);
        let first = values.next()?;
        values.next().is_none().then_some(first)
    }

    /// Every value of a parameter.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.pairs
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether a parameter came more than once.
    pub fn is_repeated(&self, name: &str) -> bool {
        self.all(name).count() > 1
    }

    /// The first parameter that came more than once though it may not.
    pub fn duplicate(&self) -> Option<&str> {
        self.duplicate.as_deref()
    }

    /// All pairs in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Form-encodes the pairs again.
    pub fn encode(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(self.pairs())
            .finish()
    }
}

impl std::fmt::Debug for Params {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.pairs.iter().map(|(name, _)| name))
            .finish()
    }
}

/// Decodes one form-encoded name or value.
pub fn decode(text: &str) -> Result<String, ParamsError> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced)
        .decode_utf8()
        .map_err(|_| ParamsError::Encoding)?;
    if decoded.contains('\0') {
        return Err(ParamsError::Encoding);
    }
    Ok(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Params, ParamsError};

    fn read(text: &str) -> Result<Vec<(String, String)>, ParamsError> {
        let params = Params::parse(text)?;
        Ok(params
            .pairs()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect())
    }

    /// A11, A12, C8: form encoding, with empty values left out.
    #[test]
    fn decoding() {
        for (text, expected) in [
            ("", &[][..]),
            ("a=b", &[("a", "b")]),
            ("a=b&c=d", &[("a", "b"), ("c", "d")]),
            ("&&a=b&", &[("a", "b")]),
            ("a=&b&c=d", &[("c", "d")]),
            ("=x", &[("", "x")]),
            ("a=b=c", &[("a", "b=c")]),
            ("a=b+c%20d", &[("a", "b c d")]),
            ("a=%2B%26%3D%25", &[("a", "+&=%")]),
            ("%61=%c3%a9", &[("a", "\u{e9}")]),
            ("a=%zz%", &[("a", "%zz%")]),
        ] {
            let expected = expected
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            assert_eq!(read(text), Ok(expected.collect()), "{text}");
        }
    }

    /// C25: no NUL, no other encoding, no flood of parameters.
    #[test]
    fn what_cannot_be_read() {
        for text in [
            "a=%00",
            "%00=a",
            "a=\0",
            "a=%ff",
            "a=%c3",
            "a=%ed%a0%80",
            "a=%c0%af",
        ] {
            assert_eq!(read(text), Err(ParamsError::Encoding), "{text}");
        }
        let many = |count: usize| vec!["a="; count].join("&");
        assert_eq!(read(&many(100)), Ok(Vec::new()));
        assert_eq!(read(&many(101)), Err(ParamsError::TooMany));
    }

    /// A10: a repeated parameter has no value and is named; resource and audience may be repeated; an empty
    /// value does not count.
    #[test]
    fn repetition() {
        for (text, duplicate, value) in [
            ("a=1&a=2", Some("a"), None),
            ("a=1&a=1", Some("a"), None),
            ("a=1&%61=2", Some("a"), None),
            ("b=1&b=1&a=1&a=1", Some("b"), None),
            ("a=1&a=", None, Some("1")),
            ("a=&a=1", None, Some("1")),
            ("a=1&A=2", None, Some("1")),
            ("resource=1&resource=2&a=1", None, Some("1")),
            ("audience=1&audience=2&a=1", None, Some("1")),
        ] {
            let params = Params::parse(text);
            let seen = params
                .as_ref()
                .map(|params| (params.duplicate(), params.get("a")));
            assert_eq!(seen, Ok((duplicate, value)), "{text}");
        }
    }

    /// H5: values do not show in a log.
    #[test]
    fn debug_shows_names_alone() {
        let shown = Params::parse("password=secret").map(|params| format!("{params:?}"));
        assert_eq!(shown, Ok(r#"["password"]"#.to_owned()));
    }

    proptest! {
        /// A11: what is written is read back, byte for byte; so is what was read once before.
        #[test]
        fn round_trip(pairs in prop::collection::vec((".{0,8}", ".{0,12}"), 0..12)) {
            let params = Params::from_pairs(pairs.clone());
            let kept: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
            if kept.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
                prop_assert_eq!(read(&params.encode()), Err(ParamsError::Encoding));
            } else {
                prop_assert_eq!(read(&params.encode()), Ok(kept));
            }
        }

        /// C25: whatever comes, reading it ends without a panic, and encoding what was read changes nothing.
        #[test]
        fn any_text(text in "[ -~é%&=+\\x00]{0,60}") {
            if let Ok(params) = Params::parse(&text) {
                let again = Params::parse(&params.encode());
                prop_assert!(again.is_ok_and(|again| again.pairs().eq(params.pairs())));
            }
        }
    }
}
