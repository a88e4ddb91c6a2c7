//! Users, groups, lists and errors as SCIM writes them (RFC 7643 sections 4.1 and 4.2, RFC 7644).

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::directory::{DirectoryUser, Group};
use crate::domain::page::Page;

pub(super) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(super) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// What is shown of a refusal's text at most, in characters.
const MAX_DETAIL: usize = 200;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserResource {
    id: Uuid,
    user_name: String,
    display_name: Option<String>,
    name: Option<Name>,
    #[serde(default = "yes")]
    active: bool,
    #[serde(default)]
    emails: Vec<Address>,
}

#[derive(Deserialize)]
struct Name {
    formatted: Option<String>,
}

#[derive(Deserialize)]
struct Address {
    value: String,
    #[serde(default)]
    primary: bool,
}

/// RFC 7643 leaves `active` out where it has no meaning.
fn yes() -> bool {
    true
}

impl From<UserResource> for DirectoryUser {
    fn from(user: UserResource) -> Self {
        let mut emails = user.emails;
        let at = emails.iter().position(|email| email.primary).unwrap_or(0);
        let email = (at < emails.len()).then(|| emails.swap_remove(at).value);
        Self {
            id: user.id,
            email: email.unwrap_or(user.user_name),
            name: user
                .display_name
                .or_else(|| user.name?.formatted)
                .filter(|name| !name.is_empty()),
            active: user.active,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupResource {
    id: Uuid,
    display_name: String,
}

impl From<GroupResource> for Group {
    fn from(group: GroupResource) -> Self {
        Self {
            id: group.id,
            name: group.display_name,
        }
    }
}

/// RFC 7644 section 3.4.2.
#[derive(Deserialize)]
pub(super) struct ListResponse<T> {
    #[serde(rename = "totalResults")]
    pub(super) total_results: i64,
    #[serde(rename = "Resources", default = "Vec::new")]
    pub(super) resources: Vec<T>,
}

/// RFC 7644 section 3.12.
#[derive(Deserialize)]
pub(super) struct ScimError {
    detail: Option<String>,
}

impl ScimError {
    /// What a refusal says for people.
    pub(super) fn detail_of(body: &[u8]) -> Option<String> {
        let detail = serde_json::from_slice::<Self>(body).ok()?.detail?;
        let shown = detail.chars().filter(|c| !c.is_control());
        Some(shown.take(MAX_DETAIL).collect())
    }
}

/// RFC 7644 section 3.4.2.4: `startIndex` counts from 1.
pub(super) fn page_query(page: Page) -> [(&'static str, String); 2] {
    [
        ("startIndex", page.offset().saturating_add(1).to_string()),
        ("count", page.size().to_string()),
    ]
}

/// A text in a filter (RFC 7644 section 3.4.2.2): a JSON string.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// RFC 7644 section 3.5.2.
pub(super) fn patch(operations: &[Value]) -> Value {
    json!({ "schemas": [PATCH], "Operations": operations })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::{ScimError, UserResource, quoted};
    use crate::domain::directory::DirectoryUser;

    fn user(mut resource: Value) -> DirectoryUser {
        resource["id"] = json!(Uuid::nil());
        serde_json::from_value::<UserResource>(resource).unwrap().into()
    }

    #[test]
    fn the_primary_address_counts_then_the_first_then_the_user_name() {
        let of = |emails: Value| user(json!({ "userName": "ann", "emails": emails })).email;
        let (a, b) = ("a@example.org", "b@example.org");
        assert_eq!(of(json!([{ "value": a }, { "value": b, "primary": true }])), b);
        assert_eq!(of(json!([{ "value": a }, { "value": b }])), a);
        assert_eq!(of(json!([])), "ann");
    }

    #[test]
    fn the_display_name_counts_then_the_formatted_one() {
        let formatted = json!({ "userName": "ann", "name": { "formatted": "Ann Lee" } });
        assert_eq!(user(formatted.clone()).name.as_deref(), Some("Ann Lee"));
        let mut both = formatted;
        both["displayName"] = "Ann".into();
        assert_eq!(user(both).name.as_deref(), Some("Ann"));
        assert_eq!(user(json!({ "userName": "ann", "displayName": "" })).name, None);
        assert!(user(json!({ "userName": "ann" })).active);
    }

    /// No text ends a filter's string early.
    #[test]
    fn texts_in_filters_are_quoted() {
        assert_eq!(quoted(r#"a" or id pr or "\"#), r#""a\" or id pr or \"\\""#);
    }

    #[test]
    fn details_of_refusals_are_short_and_plain() {
        let of = |body: &str| ScimError::detail_of(body.as_bytes());
        assert_eq!(of(r#"{"detail":"too\nshort"}"#).as_deref(), Some("tooshort"));
        assert_eq!(of("<html>"), None);
        let long = json!({ "detail": "x".repeat(1000) }).to_string();
        assert_eq!(of(&long).unwrap().len(), 200);
    }
}
