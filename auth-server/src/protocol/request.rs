//! Parameters of a request, as RFC 6749 3.1 wants them read: a repeated parameter is an error, an empty one
//! counts as absent. The engine reads repeated parameters as absent ones, so this runs before it.

use percent_encoding::percent_decode_str;

/// More parameters than any honest request has.
const MAX_PARAMETERS: usize = 100;

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
