//! Groups (RFC 7643 4.2). Members are users; groups do not nest.

use serde_json::{Value, json};
use uuid::Uuid;

use super::GROUP_SCHEMA;
use super::error::{ScimError, ScimErrorKind};
use super::filter::{self, Attribute, Filter, Kind, Literal, Operator};
use super::patch::{self, Operation, Verb};
use super::values::{self, Object, cannot_be_removed, check_schema, find, text};
use crate::domain::directory::{Group, GroupChange, Member, MemberChange};
use crate::domain::user::check_name;

/// What filters and orders may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "RFC 7643 defines them")]
pub enum GroupAttribute {
    Id,
    ExternalId,
    DisplayName,
    Created,
    LastModified,
    Members,
}

impl Attribute for GroupAttribute {
    const SCHEMA: &'static str = GROUP_SCHEMA;

    fn named(path: &str) -> Option<Self> {
        Some(match path {
            "id" => Self::Id,
            "externalid" => Self::ExternalId,
            "displayname" => Self::DisplayName,
            "meta.created" => Self::Created,
            "meta.lastmodified" => Self::LastModified,
            "members" | "members.value" => Self::Members,
            _ => return None,
        })
    }

    fn kind(self) -> Kind {
        match self {
            Self::Id | Self::ExternalId => Kind::ExactText,
            Self::DisplayName => Kind::Text,
            Self::Created | Self::LastModified => Kind::Moment,
            Self::Members => Kind::Reference,
        }
    }
}

/// The attribute by which a value of `members` is chosen in a PATCH path.
#[derive(Clone, Copy, Debug)]
struct MemberValue;

impl Attribute for MemberValue {
    const SCHEMA: &'static str = GROUP_SCHEMA;

    fn named(path: &str) -> Option<Self> {
        (path == "value").then_some(Self)
    }

    fn kind(self) -> Kind {
        Kind::Reference
    }
}

/// A group as JSON; members unless they were not wanted.
pub fn to_json(group: &Group, members: Option<&[Member]>, base: &str) -> Value {
    let mut body = json!({
        "schemas": [GROUP_SCHEMA],
        "id": group.id,
        "displayName": group.name,
        "meta": {
            "resourceType": "Group",
            "created": values::moment(group.created_at),
            "lastModified": values::moment(group.updated_at),
            "location": format!("{base}/Groups/{}", group.id),
            "version": values::etag(group.version),
        },
    });
    if let Some(external_id) = &group.external_id {
        body["externalId"] = json!(external_id);
    }
    if let Some(members) = members {
        let listed: Vec<Value> = members
            .iter()
            .map(|member| {
                json!({
                    "value": member.user_id,
                    "$ref": format!("{base}/Users/{}", member.user_id),
                    "type": "User",
                })
            })
            .collect();
        body["members"] = json!(listed);
    }
    body
}

/// Reads a group to be made, or to take the place of another: its members are those listed.
pub fn read(body: &Object) -> Result<GroupChange, ScimError> {
    check_schema(body, GROUP_SCHEMA)?;
    let name = find(body, "displayName").ok_or_else(|| ScimError::invalid_value("displayName is missing"))?;
    let members = find(body, "members").map_or_else(|| Ok(Vec::new()), members)?;
    Ok(GroupChange {
        name: Some(checked_name(name)?),
        external_id: Some(values::external_id(find(body, "externalId"))?),
        members: vec![MemberChange::Clear, MemberChange::Add(members)],
    })
}

/// Reads the changes of a PATCH request.
pub fn read_patch(body: &Object) -> Result<GroupChange, ScimError> {
    let mut change = GroupChange::default();
    for operation in patch::read(body, GROUP_SCHEMA)? {
        apply(&mut change, &operation)?;
    }
    Ok(change)
}

fn apply(change: &mut GroupChange, operation: &Operation) -> Result<(), ScimError> {
    let path = &operation.path;
    let value = operation.value.as_ref().filter(|value| !value.is_null());
    match (path.attribute.as_str(), path.sub_attribute.as_deref()) {
        ("members", None) => change_members(change, operation),
        ("id" | "meta" | "schemas", _) if !operation.path_was_given => Ok(()),
        ("id" | "meta" | "schemas", _) => Err(ScimError::new(
            ScimErrorKind::Mutability,
            format!("{} is read-only", path.attribute),
        )),
        _ if path.filter.is_some() => Err(operation.no_such_attribute()),
        ("displayname", None) => {
            let name = value
                .filter(|_| operation.verb != Verb::Remove)
                .ok_or_else(|| cannot_be_removed("displayName"))?;
            change.name = Some(checked_name(name)?);
            Ok(())
        }
        ("externalid", None) => {
            let kept = value.filter(|_| operation.verb != Verb::Remove);
            change.external_id = Some(values::external_id(kept)?);
            Ok(())
        }
        _ if !operation.path_was_given => Ok(()),
        _ => Err(operation.no_such_attribute()),
    }
}

fn change_members(change: &mut GroupChange, operation: &Operation) -> Result<(), ScimError> {
    let value = operation.value.as_ref().filter(|value| !value.is_null());
    match (operation.verb, &operation.path.filter, value) {
        (Verb::Remove, Some(chosen), None) => {
            let id = chosen_member(chosen)?;
            change.members.push(MemberChange::Remove(vec![id]));
        }
        (_, Some(_), _) => {
            return Err(ScimError::new(
                ScimErrorKind::Mutability,
                "a member is added or removed, not changed (RFC 7643 4.2)",
            ));
        }
        (Verb::Remove | Verb::Replace, None, None) => change.members.push(MemberChange::Clear),
        // Not in the RFC, but what large provisioning systems send.
        (Verb::Remove, None, Some(value)) => change.members.push(MemberChange::Remove(members(value)?)),
        (Verb::Replace, None, Some(value)) => {
            change.members.push(MemberChange::Clear);
            change.members.push(MemberChange::Add(members(value)?));
        }
        (Verb::Add, None, Some(value)) => change.members.push(MemberChange::Add(members(value)?)),
        (Verb::Add, None, None) => return Err(ScimError::invalid_value("add needs a value")),
    }
    Ok(())
}

/// The user that `members[value eq "..."]` chooses.
fn chosen_member(text: &str) -> Result<Uuid, ScimError> {
    match filter::parse::<MemberValue>(text) {
        Ok(Filter::Compare(MemberValue, Operator::Equal, Literal::Text(id))) => member_id(&id),
        _ => Err(ScimError::new(
            ScimErrorKind::InvalidFilter,
            "members are chosen by members[value eq \"ID\"]",
        )),
    }
}

/// One member or a list of them; each `{"value": ID}`.
fn members(value: &Value) -> Result<Vec<Uuid>, ScimError> {
    let one = std::slice::from_ref(value);
    let listed = value.as_array().map_or(one, Vec::as_slice);
    listed
        .iter()
        .map(|member| {
            let member = member
                .as_object()
                .ok_or_else(|| ScimError::invalid_value("a member must be an object with a value"))?;
            if let Some(kind) = find(member, "type")
                && !text(kind, "members.type")?.eq_ignore_ascii_case("User")
            {
                return Err(ScimError::invalid_value("members are users; groups do not nest"));
            }
            let id = find(member, "value")
                .ok_or_else(|| ScimError::invalid_value("a member's value is missing"))?;
            member_id(text(id, "members.value")?)
        })
        .collect()
}

fn member_id(id: &str) -> Result<Uuid, ScimError> {
    id.parse()
        .map_err(|_| ScimError::invalid_value(format!("no user has the id {id:?}")))
}

fn checked_name(value: &Value) -> Result<String, ScimError> {
    let name = text(value, "displayName")?;
    check_name(name).map_err(ScimError::invalid_value)?;
    Ok(name.to_owned())
}
