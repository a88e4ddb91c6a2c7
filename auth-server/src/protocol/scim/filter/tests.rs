//! RFC 7644 3.4.2.2, with the examples of its figure 1 as far as the attributes exist.

use proptest::prelude::*;

use super::{Filter, Literal, MAX_FILTER_BYTES, Operator, attribute, parse};
use crate::protocol::scim::error::ScimErrorKind;
use crate::protocol::scim::group::GroupAttribute;
use crate::protocol::scim::user::UserAttribute;

/// A filter with every parenthesis written.
fn shape(filter: &Filter<UserAttribute>) -> String {
    match filter {
        Filter::And(left, right) => format!("({} & {})", shape(left), shape(right)),
        Filter::Or(left, right) => format!("({} | {})", shape(left), shape(right)),
        Filter::Not(inner) => format!("!{}", shape(inner)),
        Filter::Present(attribute) => format!("{attribute:?}"),
        Filter::Compare(attribute, operator, literal) => {
            let value = match literal {
                Literal::Text(text) => format!("{text:?}"),
                Literal::Flag(flag) => flag.to_string(),
                Literal::Moment(seconds) => seconds.to_string(),
            };
            format!("{attribute:?} {operator:?} {value}")
        }
    }
}

#[test]
fn what_is_understood() {
    for (text, expected) in [
        (r#"userName eq "bjensen""#, r#"UserName Equal "bjensen""#),
        (r#"USERNAME Eq "bjensen""#, r#"UserName Equal "bjensen""#),
        (
            r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#,
            r#"UserName StartsWith "J""#,
        ),
        ("externalId pr", "ExternalId"),
        (
            r#"meta.lastModified gt "1970-01-02T00:00:00Z""#,
            "LastModified Greater 86400",
        ),
        (
            r#"meta.created le "1970-01-02T01:00:00+01:00""#,
            "Created LessOrEqual 86400",
        ),
        ("active eq true", "Active Equal true"),
        (r#"active ne "False""#, "Active NotEqual false"),
        ("externalId eq null", "!ExternalId"),
        ("externalId ne null", "ExternalId"),
        (r#"emails[value eq "a@b"]"#, r#"UserName Equal "a@b""#),
        (r#"emails.value co "a@b""#, r#"UserName Contains "a@b""#),
        (r#"groups eq "x""#, r#"Groups Equal "x""#),
        (
            r#"displayName ew "a\"]) or b""#,
            r#"DisplayName EndsWith "a\"]) or b""#,
        ),
        (r#"displayName eq "\u00e9""#, r#"DisplayName Equal "é""#),
        // `and` binds closer than `or`, `not` closest.
        (
            "id pr or active eq true and not (userName pr) or displayName pr",
            "((Id | (Active Equal true & !UserName)) | DisplayName)",
        ),
        (
            "(id pr or active eq true) and userName pr",
            "((Id | Active Equal true) & UserName)",
        ),
        ("  ( ( id pr ) )  ", "Id"),
    ] {
        let filter = parse::<UserAttribute>(text).map(|filter| shape(&filter));
        assert_eq!(filter.as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_refused() {
    let deep = format!("{}id pr{}", "(".repeat(17), ")".repeat(17));
    let long = format!(r#"id eq "{}""#, "x".repeat(MAX_FILTER_BYTES));
    let many = vec!["id pr"; 33].join(" or ");
    for text in [
        "",
        " ",
        "userName",
        "userName eq",
        "userName eq bjensen",
        "userName eq 'bjensen'",
        r#"userName eq "bjensen"#,
        r#"userName eq "a" "b""#,
        r#"userName like "a""#,
        r#"eq userName "a""#,
        r#"password eq "x""#,
        r#"password_hash eq "x""#,
        "isAdmin eq true",
        r#"userName.x eq "a""#,
        "userName eq 1",
        "userName eq true",
        "userName gt null",
        "active eq 1",
        "active gt true",
        r#"active co "tr""#,
        r#"meta.created eq "yesterday""#,
        r#"meta.created sw "2026""#,
        r#"groups.value ne "x""#,
        r#"groups.value gt "x""#,
        r#"userName eq "a" and"#,
        r#"userName eq "a" xor id pr"#,
        "not id pr",
        "not (id pr",
        "(id pr",
        "id pr)",
        "id pr; DROP TABLE account",
        r#"emails[value eq "a" and value eq "b"]"#,
        r#"emails[type eq "work"]"#,
        r#"emails[value eq "a""#,
        r#"emails[emails[value eq "a"]]"#,
        "id eq \"a\0\"",
        "id eq \"a\\u0000\"",
        "id eq --",
        deep.as_str(),
        long.as_str(),
        many.as_str(),
    ] {
        let refused = parse::<UserAttribute>(text).map_err(|error| error.kind);
        assert_eq!(refused, Err(ScimErrorKind::InvalidFilter), "{text:?}");
    }
    let at_most = vec!["id pr"; 32].join(" or ");
    assert!(parse::<UserAttribute>(&at_most).is_ok());
}

/// Each resource has its own attributes.
#[test]
fn attributes_belong_to_resources() {
    assert!(parse::<GroupAttribute>(r#"members[value eq "x"]"#).is_ok());
    assert!(parse::<GroupAttribute>("userName pr").is_err());
    assert!(parse::<UserAttribute>("members pr").is_err());
    assert_eq!(
        attribute::<UserAttribute>("NAME.Formatted"),
        Some(UserAttribute::DisplayName)
    );
    assert_eq!(
        attribute::<GroupAttribute>("urn:ietf:params:scim:schemas:core:2.0:User:id"),
        None
    );
}

proptest! {
    /// C25: whatever comes, reading it ends, and without a panic.
    #[test]
    fn any_text(text in "\\PC{0,120}") {
        let _ = parse::<UserAttribute>(&text);
    }

    /// The same for what is nearly a filter.
    #[test]
    fn nearly(words in prop::collection::vec(prop::sample::select(vec![
        "userName", "active", "eq", "pr", "and", "or", "not", "(", ")", "[", "]", "\"x\"", "true", "null", "1", "é",
    ]), 0..20)) {
        let _ = parse::<UserAttribute>(&words.join(" "));
    }

    /// A value comes through as it was written, whatever is in it.
    #[test]
    fn values(value in "[^\\x00]{0,60}") {
        let text = format!("displayName eq {}", serde_json::json!(value));
        let expected = Filter::Compare(UserAttribute::DisplayName, Operator::Equal, Literal::Text(value));
        prop_assert_eq!(parse(&text), Ok(expected));
    }
}
