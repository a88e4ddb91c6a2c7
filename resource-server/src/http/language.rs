//! Which language an answer's texts are in.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use super::error::ApiError;
use super::query::Query;
use crate::state::AppState;

/// A language of the texts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Language {
    /// When nothing else is asked for.
    #[default]
    English,
    /// `fr`
    French,
}

impl Language {
    const ALL: [Self; 2] = [Self::English, Self::French];

    /// Its tag (RFC 5646).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// What `Accept-Language` (RFC 9110 section 12.5.4) prefers: the greatest weight, of equal ones the first. What
    /// cannot be read counts as absent.
    fn preferred(header: &str) -> Option<Self> {
        let mut best = (None, 0.0);
        for range in header.split(',') {
            let (tag, weight) = range.split_once(';').map_or((range, Some(1.0)), |(tag, weight)| {
                let weight = weight.trim().strip_prefix("q=");
                (tag, weight.and_then(|weight| weight.parse::<f32>().ok()))
            });
            if let (Some(language), Some(weight)) = (Self::of_tag(tag.trim()), weight)
                && weight > best.1
            {
                best = (Some(language), weight);
            }
        }
        best.0
    }
}

/// `?lang=` decides, else the request's `Accept-Language`.
impl FromRequestParts<AppState> for Language {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        if let Some(tag) = query.get("lang")? {
            return Self::of_tag(tag).ok_or_else(|| ApiError::field("lang", "Must be one of: en, fr."));
        }
        let header = parts.headers.get(header::ACCEPT_LANGUAGE);
        Ok(header
            .and_then(|value| Self::preferred(value.to_str().ok()?))
            .unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    /// S2.26
    #[test]
    fn the_greatest_weight_wins() {
        for (header, expected) in [
            ("fr", Some("fr")),
            ("fr-CA, en;q=0.8", Some("fr")),
            ("en;q=0.2, fr;q=0.3", Some("fr")),
            ("de, en", Some("en")),
            ("en;q=0, fr;q=0", None),
            ("*", None),
            ("fr;q=loud", None),
            ("", None),
        ] {
            assert_eq!(
                Language::preferred(header).map(Language::tag),
                expected,
                "{header}"
            );
        }
    }
}
