//! What the server says of itself (RFC 7643 5 to 7): its features, its resource types and their schemas.

use serde_json::{Value, json};

use super::query::MAX_COUNT;
use super::{GROUP_SCHEMA, USER_SCHEMA};

const SCHEMA_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
const TYPE_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const CONFIG_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";

/// `/ServiceProviderConfig`: what is supported, and what is not.
pub fn service_provider_config(base: &str) -> Value {
    json!({
        "schemas": [CONFIG_SCHEMA],
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": MAX_COUNT},
        "changePassword": {"supported": false},
        "sort": {"supported": true},
        "etag": {"supported": true},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "OAuth bearer token",
                "description": "An access token of this server for this server, with scope scim:read or scim:write",
                "specUri": "https://www.rfc-editor.org/info/rfc6750",
                "primary": true,
            },
            {
                "type": "httpbasic",
                "name": "HTTP Basic",
                "description": "The id and secret of a registered first-party resource server",
                "specUri": "https://www.rfc-editor.org/info/rfc7617",
            },
        ],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{base}/ServiceProviderConfig"),
        },
    })
}

/// `/ResourceTypes`.
pub fn resource_types(base: &str) -> Vec<Value> {
    [
        ("User", "/Users", USER_SCHEMA, "A person with an account"),
        ("Group", "/Groups", GROUP_SCHEMA, "A group of users"),
    ]
    .into_iter()
    .map(|(name, endpoint, schema, description)| {
        json!({
            "schemas": [TYPE_SCHEMA],
            "id": name,
            "name": name,
            "endpoint": endpoint,
            "description": description,
            "schema": schema,
            "meta": {"resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{name}")},
        })
    })
    .collect()
}

/// `/Schemas`.
pub fn schemas(base: &str) -> Vec<Value> {
    let schema = |id: &str, name: &str, description: &str, attributes: Vec<Value>| {
        json!({
            "schemas": [SCHEMA_SCHEMA],
            "id": id,
            "name": name,
            "description": description,
            "attributes": attributes,
            "meta": {"resourceType": "Schema", "location": format!("{base}/Schemas/{id}")},
        })
    };
    vec![
        schema(USER_SCHEMA, "User", "A person with an account", user()),
        schema(GROUP_SCHEMA, "Group", "A group of users", group()),
    ]
}

/// An attribute as most are: one text that may be written, whatever its case.
fn text(name: &str, description: &str) -> Value {
    json!({
        "name": name,
        "type": "string",
        "multiValued": false,
        "description": description,
        "required": false,
        "caseExact": false,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
    })
}

/// The same with other characteristics.
fn with(mut attribute: Value, other: &Value) -> Value {
    for (name, value) in other.as_object().into_iter().flatten() {
        attribute[name] = value.clone();
    }
    attribute
}

fn reference(to: &str, mutability: &str) -> Value {
    with(
        text("$ref", "Its address"),
        &json!({"type": "reference", "referenceTypes": [to], "caseExact": true, "mutability": mutability}),
    )
}

/// `required` is what cannot be taken away; on creation the server fills in what is missing but the userName.
fn user() -> Vec<Value> {
    let read_only = json!({"mutability": "readOnly"});
    vec![
        with(
            text("userName", "The e-mail address that the user signs in with"),
            &json!({"required": true, "uniqueness": "server"}),
        ),
        with(text("displayName", "The user's name"), &json!({"required": true})),
        with(
            text("name", "The same name as displayName"),
            &json!({
                "type": "complex",
                "required": true,
                "subAttributes": [with(text("formatted", "The name"), &json!({"required": true}))],
            }),
        ),
        with(
            text(
                "active",
                "Whether the user may sign in; at false every token and session ends",
            ),
            &json!({"type": "boolean", "required": true}),
        ),
        with(
            text(
                "password",
                "Set, never shown; a change ends every token and session",
            ),
            &json!({"mutability": "writeOnly", "returned": "never", "caseExact": true}),
        ),
        with(
            text("emails", "Shows the userName"),
            &json!({
                "type": "complex",
                "multiValued": true,
                "mutability": "readOnly",
                "subAttributes": [
                    with(text("value", "The address"), &read_only),
                    with(text("primary", "Always true"), &json!({"type": "boolean", "mutability": "readOnly"})),
                ],
            }),
        ),
        with(
            text("groups", "The groups the user is in; changed at /Groups"),
            &json!({
                "type": "complex",
                "multiValued": true,
                "mutability": "readOnly",
                "returned": "request",
                "subAttributes": [
                    with(text("value", "The group's id"), &json!({"mutability": "readOnly", "caseExact": true})),
                    reference("Group", "readOnly"),
                    with(text("display", "The group's name"), &read_only),
                    with(text("type", "How"), &json!({"mutability": "readOnly", "canonicalValues": ["direct"]})),
                ],
            }),
        ),
    ]
}

fn group() -> Vec<Value> {
    vec![
        with(
            text("displayName", "The group's name"),
            &json!({"required": true}),
        ),
        with(
            text("members", "The users in the group"),
            &json!({
                "type": "complex",
                "multiValued": true,
                "subAttributes": [
                    with(text("value", "The user's id"), &json!({"mutability": "immutable", "caseExact": true})),
                    reference("User", "immutable"),
                    with(
                        text("type", "What the member is"),
                        &json!({"mutability": "immutable", "canonicalValues": ["User"]}),
                    ),
                ],
            }),
        ),
    ]
}
