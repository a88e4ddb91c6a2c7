//! Bodies of the dialects: a form, or a JSON object of strings. Either yields the same parameters.

use std::fmt;

use axum::body::Body;
use axum::http::HeaderMap;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::form::{self, FormError};
use crate::protocol::request::{MAX_PARAMETERS, Params, ParamsError};

/// Longest part of what a client sent that an answer repeats, in characters.
const ECHOED: usize = 100;

/// Why a body cannot be read as parameters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Neither a form nor JSON.
    #[error("the body must be a form or a JSON object of strings")]
    MediaType {
        /// What it says it is.
        sent: String,
    },
    /// Too large, or not decodable.
    #[error(transparent)]
    Form(#[from] FormError),
    /// It says that it is JSON, but it is no JSON object.
    #[error("the body is not a JSON object")]
    Json {
        /// What the parser said.
        problem: String,
    },
    /// A member of the object cannot be a parameter.
    #[error("the member {name} {problem}")]
    Member {
        /// The member.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// Reads a form or a JSON object.
pub async fn read(headers: &HeaderMap, body: Body) -> Result<Params, BodyError> {
    let media_type = form::media_type(headers);
    if media_type.eq_ignore_ascii_case(form::FORM) {
        return Ok(form::parse(&form::bytes(body).await?)?);
    }
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(BodyError::MediaType {
            sent: echoed(media_type),
        });
    }
    parse_json(&form::bytes(body).await?)
}

/// The beginning of what a client sent, for an answer to it.
pub fn echoed(text: &str) -> String {
    text.chars().take(ECHOED).collect()
}

/// A JSON object as it was written: `serde_json` would keep the last of two members with the same name.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

/// Every member is a string; null counts as absent, as an empty string does. A name that comes twice is refused:
/// parsers differ in which of the two they believe.
fn parse_json(bytes: &[u8]) -> Result<Params, BodyError> {
    let Members(members) = serde_json::from_slice(bytes).map_err(|error| BodyError::Json {
        // The place alone: the parser's words may quote the body.
        problem: format!("at line {} column {}", error.line(), error.column()),
    })?;
    if members.len() > MAX_PARAMETERS {
        return Err(FormError::from(ParamsError::TooMany).into());
    }
    let mut pairs: Vec<(String, String)> = Vec::with_capacity(members.len());
    for (name, value) in members {
        let refused = |problem| BodyError::Member {
            name: echoed(&name),
            problem,
        };
        if pairs.iter().any(|(known, _)| *known == name) {
            return Err(refused("is repeated"));
        }
        let text = match value {
            Value::String(text) => text,
            Value::Null => String::new(),
            _ => return Err(refused("is not a string")),
        };
        if name.contains('\0') || text.contains('\0') {
            return Err(FormError::from(ParamsError::Encoding).into());
        }
        pairs.push((name, text));
    }
    Ok(Params::from_pairs(pairs))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{BodyError, parse_json};
    use crate::http::form::FormError;
    use crate::protocol::request::ParamsError;

    fn read(text: &str) -> Result<Vec<(String, String)>, BodyError> {
        let params = parse_json(text.as_bytes())?;
        Ok(params
            .pairs()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect())
    }

    /// A12, U0.1: strings are parameters; empty ones and null count as absent.
    #[test]
    fn objects_of_strings() {
        for (text, expected) in [
            ("{}", &[][..]),
            (r#" {"a":"b"} "#, &[("a", "b")]),
            (
                r#"{"a":"b","c":"+&=%\u00e9"}"#,
                &[("a", "b"), ("c", "+&=%\u{e9}")],
            ),
            (r#"{"a":"","b":null,"c":"d"}"#, &[("c", "d")]),
            (r#"{"":"x"}"#, &[("", "x")]),
        ] {
            let expected = expected
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            assert_eq!(read(text), Ok(expected.collect()), "{text}");
        }
    }

    /// C21, C25: what is no object, a member that is no string, and a member that comes twice, whatever its value.
    #[test]
    fn what_cannot_be_read() {
        for text in [
            "",
            "[]",
            "\"a\"",
            "null",
            "{",
            r#"{"a":"b"}x"#,
            r#"{"a":"\ud800"}"#,
            "{'a':'b'}",
        ] {
            assert!(matches!(read(text), Err(BodyError::Json { .. })), "{text}");
        }
        for value in ["1", "true", "[]", r#"["b"]"#, "{}", "1e3"] {
            let refused = read(&format!(r#"{{"x":"y","a":{value}}}"#));
            let expected = BodyError::Member {
                name: "a".to_owned(),
                problem: "is not a string",
            };
            assert_eq!(refused, Err(expected), "{value}");
        }
        for text in [
            r#"{"a":"1","a":"1"}"#,
            r#"{"a":"","a":"1"}"#,
            r#"{"a":null,"a":"1"}"#,
            r#"{"resource":"1","resource":"2"}"#,
            r#"{"a":"1","\u0061":"2"}"#,
        ] {
            let problem = read(text).map_err(|error| error.to_string());
            assert!(problem.is_err_and(|text| text.ends_with("is repeated")), "{text}");
        }
        for text in [r#"{"a":"\u0000"}"#, r#"{"\u0000":"a"}"#] {
            let expected = BodyError::Form(FormError::Params(ParamsError::Encoding));
            assert_eq!(read(text), Err(expected), "{text}");
        }
        let many = |count: usize| {
            let members: Vec<_> = (0..count).map(|number| format!(r#""p{number}":"x""#)).collect();
            read(&format!("{{{}}}", members.join(",")))
        };
        assert_eq!(many(100).map(|pairs| pairs.len()), Ok(100));
        let too_many = BodyError::Form(FormError::Params(ParamsError::TooMany));
        assert_eq!(many(101), Err(too_many));
    }

    /// H5: the parser's complaint repeats nothing of the body.
    #[test]
    fn complaints_quote_nothing() {
        for text in [r#"{"client_secret":"geheim""#, r#""geheim""#, r#"{"a":geheim}"#] {
            let problem = read(text).map_err(|error| format!("{error:?}"));
            assert!(
                problem.as_ref().is_err_and(|problem| !problem.contains("geheim")),
                "{problem:?}"
            );
        }
    }

    proptest! {
        /// C25: whatever comes, reading it ends without a panic.
        #[test]
        fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_json(&bytes);
        }

        /// A11: strings come through as they are.
        #[test]
        fn round_trip(value in "[^\\x00]{1,40}") {
            let text = serde_json::json!({"a": value}).to_string();
            prop_assert_eq!(read(&text), Ok(vec![("a".to_owned(), value)]));
        }
    }
}
