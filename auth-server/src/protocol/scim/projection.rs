//! `attributes` and `excludedAttributes` (RFC 7644 3.9): which parts of a resource the answer has.

use serde_json::Value;

use super::error::ScimError;
use super::values::Object;

/// Names that one request may list.
const MAX_NAMES: usize = 64;
/// Always returned (RFC 7643 3.1).
const ALWAYS: [&str; 2] = ["schemas", "id"];

/// Which attributes are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Projection {
    /// Those that are returned by default.
    #[default]
    Default,
    /// These alone.
    Only(Vec<String>),
    /// All but these.
    Without(Vec<String>),
}

impl Projection {
    /// Reads the two lists, of which a request has one at most.
    pub fn read(only: Vec<String>, without: Vec<String>, schema: &str) -> Result<Self, ScimError> {
        if only.len().max(without.len()) > MAX_NAMES {
            return Err(ScimError::invalid_value(format!(
                "at most {MAX_NAMES} attributes can be listed"
            )));
        }
        let local = |names: Vec<String>| {
            let prefix = format!("{}:", schema.to_ascii_lowercase());
            let lower = names.iter().map(|name| name.trim().to_ascii_lowercase());
            lower
                .map(|name| name.strip_prefix(&prefix).map_or(name.clone(), str::to_owned))
                .filter(|name| !name.is_empty())
                .collect::<Vec<_>>()
        };
        match (local(only), local(without)) {
            (only, without) if only.is_empty() && without.is_empty() => Ok(Self::Default),
            (only, without) if without.is_empty() => Ok(Self::Only(only)),
            (only, without) if only.is_empty() => Ok(Self::Without(without)),
            _ => Err(ScimError::invalid_value(
                "attributes and excludedAttributes exclude each other",
            )),
        }
    }

    /// Whether an attribute must be looked up at all. `by_default` is what the schema says of it.
    pub fn wants(&self, attribute: &str, by_default: bool) -> bool {
        let is_it = |name: &String| {
            let (first, _) = name.split_once('.').unwrap_or((name, ""));
            first.eq_ignore_ascii_case(attribute)
        };
        match self {
            Self::Default => by_default,
            Self::Only(names) => names.iter().any(is_it),
            Self::Without(names) => {
                by_default && !names.iter().any(|name| name.eq_ignore_ascii_case(attribute))
            }
        }
    }

    /// Leaves out of a resource what is not wanted.
    pub fn apply(&self, resource: &mut Value) {
        let Value::Object(attributes) = resource else {
            return;
        };
        match self {
            Self::Default => {}
            Self::Only(names) => keep(attributes, names),
            Self::Without(names) => leave_out(attributes, names),
        }
    }
}

fn keep(attributes: &mut Object, names: &[String]) {
    attributes.retain(|name, value| {
        if ALWAYS.contains(&name.as_str()) {
            return true;
        }
        let name = name.to_ascii_lowercase();
        if names.contains(&name) {
            return true;
        }
        let prefix = format!("{name}.");
        let parts: Vec<&str> = names
            .iter()
            .filter_map(|wanted| wanted.strip_prefix(&prefix))
            .collect();
        each_value(value, |part| {
            part.retain(|sub, _| parts.iter().any(|wanted| wanted.eq_ignore_ascii_case(sub)));
        });
        !parts.is_empty()
    });
}

fn leave_out(attributes: &mut Object, names: &[String]) {
    attributes.retain(|name, value| {
        if ALWAYS.contains(&name.as_str()) {
            return true;
        }
        let name = name.to_ascii_lowercase();
        let prefix = format!("{name}.");
        let parts: Vec<&str> = names
            .iter()
            .filter_map(|other| other.strip_prefix(&prefix))
            .collect();
        each_value(value, |part| {
            part.retain(|sub, _| !parts.iter().any(|other| other.eq_ignore_ascii_case(sub)));
        });
        !names.contains(&name)
    });
}

/// Calls on a complex attribute, or on each of several.
fn each_value(value: &mut Value, change: impl Fn(&mut Object)) {
    match value {
        Value::Object(part) => change(part),
        Value::Array(values) => values
            .iter_mut()
            .filter_map(Value::as_object_mut)
            .for_each(change),
        _ => {}
    }
}
