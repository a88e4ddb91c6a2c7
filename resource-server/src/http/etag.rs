//! Entity tags: names of what was sent, so that it need not be sent again (RFC 9110 section 8.8.3).

use axum::http::{HeaderMap, HeaderValue, header};

/// `ETag` for a text of letters and digits.
pub fn value(tag: &str) -> HeaderValue {
    HeaderValue::try_from(format!("\"{tag}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Whether `If-None-Match` names the tag. Weak tags (`W/`) count: nothing here is sent in parts.
pub fn matches_any(headers: &HeaderMap, tag: &str) -> bool {
    let lists = headers.get_all(header::IF_NONE_MATCH).iter();
    lists.filter_map(|list| list.to_str().ok()).any(|list| {
        list.split(',').map(str::trim).any(|given| {
            let given = given.strip_prefix("W/").unwrap_or(given);
            given == "*" || given.strip_prefix('"').and_then(|given| given.strip_suffix('"')) == Some(tag)
        })
    })
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{matches_any, value};

    #[test]
    fn tags_are_found_in_lists() {
        assert_eq!(value("ab12"), "\"ab12\"");
        for (list, found) in [
            ("\"ab12\"", true),
            ("W/\"ab12\"", true),
            ("\"x\" , \"ab12\"", true),
            ("*", true),
            ("ab12", false),
            ("\"ab1\"", false),
            ("\"AB12\"", false),
            ("\"", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(list))]);
            assert_eq!(matches_any(&headers, "ab12"), found, "{list}");
        }
        assert!(!matches_any(&HeaderMap::new(), "ab12"));
    }
}
