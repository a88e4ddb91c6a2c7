//! Users (RFC 7643 4.1). `userName` is the e-mail address that the user signs in with; `displayName` and
//! `name.formatted` are one name; `emails` and `groups` are read-only.

use serde_json::{Value, json};

use super::USER_SCHEMA;
use super::error::{ScimError, ScimErrorKind};
use super::filter::{Attribute, Kind};
use super::patch::{self, Operation, Verb};
use super::values::{self, Object, cannot_be_removed, check_schema, find, text};
use crate::domain::directory::{Group, Person, PersonChange};
use crate::domain::secret::PlainToken;
use crate::domain::user::{check_name, check_new_password, default_name, normalize_email};

/// What filters and orders may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "RFC 7643 defines them")]
pub enum UserAttribute {
    Id,
    ExternalId,
    UserName,
    DisplayName,
    Active,
    Created,
    LastModified,
    Groups,
}

impl Attribute for UserAttribute {
    const SCHEMA: &'static str = USER_SCHEMA;

    fn named(path: &str) -> Option<Self> {
        Some(match path {
            "id" => Self::Id,
            "externalid" => Self::ExternalId,
            "username" | "emails" | "emails.value" => Self::UserName,
            "displayname" | "name.formatted" => Self::DisplayName,
            "active" => Self::Active,
            "meta.created" => Self::Created,
            "meta.lastmodified" => Self::LastModified,
            "groups" | "groups.value" => Self::Groups,
            _ => return None,
        })
    }

    fn kind(self) -> Kind {
        match self {
            Self::Id | Self::ExternalId => Kind::ExactText,
            Self::UserName | Self::DisplayName => Kind::Text,
            Self::Active => Kind::Flag,
            Self::Created | Self::LastModified => Kind::Moment,
            Self::Groups => Kind::Reference,
        }
    }
}

/// A user as JSON; `groups` only when they were asked for.
pub fn to_json(person: &Person, groups: Option<&[Group]>, base: &str) -> Value {
    let user = &person.user;
    let mut body = json!({
        "schemas": [USER_SCHEMA],
        "id": user.id,
        "userName": user.email,
        "displayName": user.name,
        "name": {"formatted": user.name},
        "emails": [{"value": user.email, "primary": true}],
        "active": !user.disabled,
        "meta": {
            "resourceType": "User",
            "created": values::moment(user.created_at),
            "lastModified": values::moment(person.updated_at),
            "location": format!("{base}/Users/{}", user.id),
            "version": values::etag(person.version),
        },
    });
    if let Some(external_id) = &person.external_id {
        body["externalId"] = json!(external_id);
    }
    if let Some(groups) = groups {
        let listed: Vec<Value> = groups
            .iter()
            .map(|group| {
                json!({
                    "value": group.id,
                    "$ref": format!("{base}/Groups/{}", group.id),
                    "display": group.name,
                    "type": "direct",
                })
            })
            .collect();
        body["groups"] = json!(listed);
    }
    body
}

/// Reads a user to be made (RFC 7644 3.3). What is read-only or unknown is ignored.
pub fn read(body: &Object) -> Result<PersonChange, ScimError> {
    check_schema(body, USER_SCHEMA)?;
    let mut change = PersonChange::default();
    let user_name = find(body, "userName")
        .ok_or_else(|| ScimError::invalid_value("userName is missing: the user's e-mail address"))?;
    let email = address(user_name)?;
    let given = match find(body, "displayName") {
        Some(name) => Some(text(name, "displayName")?.to_owned()),
        None => find(body, "name").map(full_name).transpose()?.flatten(),
    };
    let name = match given.filter(|name| !name.is_empty()) {
        Some(name) => checked_name(&name)?,
        None => default_name(&email),
    };
    change.email = Some(email);
    change.name = Some(name);
    change.external_id = Some(values::external_id(find(body, "externalId"))?);
    change.active = find(body, "active")
        .map(|active| values::flag(active, "active"))
        .transpose()?;
    change.password = find(body, "password")
        .map(|chosen| password(chosen).map(Some))
        .transpose()?;
    Ok(change)
}

/// Reads the changes of a PATCH request.
pub fn read_patch(body: &Object) -> Result<PersonChange, ScimError> {
    let mut change = PersonChange::default();
    for operation in patch::read(body, USER_SCHEMA)? {
        apply(&mut change, &operation)?;
    }
    Ok(change)
}

fn apply(change: &mut PersonChange, operation: &Operation) -> Result<(), ScimError> {
    let path = &operation.path;
    let value = operation
        .value
        .as_ref()
        .filter(|value| operation.verb != Verb::Remove && !value.is_null());
    let needed = |name: &str| value.ok_or_else(|| cannot_be_removed(name));
    match (path.attribute.as_str(), path.sub_attribute.as_deref()) {
        ("emails" | "groups" | "id" | "meta" | "schemas", _) if !operation.path_was_given => Ok(()),
        ("emails" | "groups" | "id" | "meta" | "schemas", _) => Err(ScimError::new(
            ScimErrorKind::Mutability,
            format!(
                "{} is read-only (emails shows the userName, groups are changed at /Groups)",
                path.attribute
            ),
        )),
        _ if path.filter.is_some() => Err(operation.no_such_attribute()),
        ("username", None) => {
            change.email = Some(address(needed("userName")?)?);
            Ok(())
        }
        ("displayname", None) => {
            change.name = Some(checked_name(text(needed("displayName")?, "displayName")?)?);
            Ok(())
        }
        ("name", None) => {
            if let Some(name) = full_name(needed("name")?)? {
                change.name = Some(checked_name(&name)?);
            }
            Ok(())
        }
        ("name", Some("formatted")) => {
            change.name = Some(checked_name(text(needed("name.formatted")?, "name.formatted")?)?);
            Ok(())
        }
        ("active", None) => {
            change.active = Some(values::flag(needed("active")?, "active")?);
            Ok(())
        }
        ("externalid", None) => {
            change.external_id = Some(values::external_id(value)?);
            Ok(())
        }
        ("password", None) => {
            change.password = Some(value.map(password).transpose()?);
            Ok(())
        }
        _ if !operation.path_was_given => Ok(()),
        _ => Err(operation.no_such_attribute()),
    }
}

fn address(value: &Value) -> Result<String, ScimError> {
    normalize_email(text(value, "userName")?).map_err(|problem| {
        ScimError::invalid_value(format!("userName is the user's e-mail address: {problem}"))
    })
}

fn checked_name(name: &str) -> Result<String, ScimError> {
    check_name(name).map_err(ScimError::invalid_value)?;
    Ok(name.to_owned())
}

/// `name.formatted`, else what can be put together of the given and the family name.
fn full_name(value: &Value) -> Result<Option<String>, ScimError> {
    let name = value
        .as_object()
        .ok_or_else(|| ScimError::invalid_value("name must be an object"))?;
    if let Some(formatted) = find(name, "formatted") {
        return Ok(Some(text(formatted, "name.formatted")?.to_owned()));
    }
    let mut parts = Vec::new();
    for part in ["givenName", "familyName"] {
        if let Some(value) = find(name, part) {
            parts.push(text(value, part)?);
        }
    }
    Ok((!parts.is_empty()).then(|| parts.join(" ")))
}

fn password(value: &Value) -> Result<PlainToken, ScimError> {
    let chosen = text(value, "password")?;
    check_new_password(chosen).map_err(ScimError::invalid_value)?;
    Ok(PlainToken::presented(chosen))
}
