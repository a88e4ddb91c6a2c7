//! PATCH requests (RFC 7644 3.5.2): operations with their targets. What a target means is the resource's business.

use serde_json::Value;

use super::PATCH_SCHEMA;
use super::error::{ScimError, ScimErrorKind};
use super::values::{Object, check_schema, find, text};

/// Operations that one request may have.
const MAX_OPERATIONS: usize = 1000;
/// Longest path, in bytes.
const MAX_PATH_BYTES: usize = 512;

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Values join those that are there.
    Add,
    /// Values take the place of those that are there.
    Replace,
    /// Values go.
    Remove,
}

/// Where to do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The attribute, in lower case.
    pub attribute: String,
    /// What stands in brackets: which of several values.
    pub filter: Option<String>,
    /// The sub-attribute, in lower case.
    pub sub_attribute: Option<String>,
}

/// One operation. Those without a path have been taken apart: one per attribute of their value.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// What to do.
    pub verb: Verb,
    /// Where.
    pub path: Path,
    /// Whether the path was given: attributes of a value without path that nobody knows are ignored.
    pub path_was_given: bool,
    /// With what.
    pub value: Option<Value>,
}

/// Reads the operations of a request for resources of `schema`.
pub fn read(body: &Object, schema: &str) -> Result<Vec<Operation>, ScimError> {
    check_schema(body, PATCH_SCHEMA)?;
    let listed = find(body, "Operations")
        .and_then(Value::as_array)
        .filter(|operations| !operations.is_empty())
        .ok_or_else(|| ScimError::invalid_syntax("Operations must be a list of at least one operation"))?;
    let mut operations = Vec::new();
    for operation in listed {
        let operation = operation
            .as_object()
            .ok_or_else(|| ScimError::invalid_syntax("an operation must be an object"))?;
        read_one(operation, schema, &mut operations)?;
        if operations.len() > MAX_OPERATIONS {
            return Err(ScimError::new(
                ScimErrorKind::TooMany,
                format!("a request has at most {MAX_OPERATIONS} operations"),
            ));
        }
    }
    Ok(operations)
}

fn read_one(operation: &Object, schema: &str, found: &mut Vec<Operation>) -> Result<(), ScimError> {
    let word = find(operation, "op").map_or(Ok(""), |op| text(op, "op"))?;
    let verb = match word.to_ascii_lowercase().as_str() {
        "add" => Verb::Add,
        "replace" => Verb::Replace,
        "remove" => Verb::Remove,
        _ => return Err(ScimError::invalid_syntax("op must be add, replace or remove")),
    };
    let value = find(operation, "value").cloned();
    let path = find(operation, "path")
        .map(|path| text(path, "path"))
        .transpose()?
        .filter(|path| !path.is_empty());
    match (path, verb, value) {
        (None, Verb::Remove, _) => Err(ScimError::new(
            ScimErrorKind::NoTarget,
            "remove needs a path (RFC 7644 3.5.2.2)",
        )),
        (Some(path), _, value) => {
            found.push(Operation {
                verb,
                path: read_path(path, schema)?,
                path_was_given: true,
                value,
            });
            Ok(())
        }
        (None, _, Some(Value::Object(attributes))) => {
            for (name, value) in attributes {
                found.push(Operation {
                    verb,
                    path: read_path(&name, schema)?,
                    path_was_given: false,
                    value: Some(value),
                });
            }
            Ok(())
        }
        (None, ..) => Err(ScimError::invalid_value(
            "without a path the value must be an object of attributes",
        )),
    }
}

/// Reads `[schema:]attribute[ [filter] ][.sub-attribute]`.
fn read_path(path: &str, schema: &str) -> Result<Path, ScimError> {
    let invalid = || ScimError::new(ScimErrorKind::InvalidPath, format!("{path:?} is no path"));
    if path.len() > MAX_PATH_BYTES {
        return Err(ScimError::new(
            ScimErrorKind::InvalidPath,
            format!("a path has at most {MAX_PATH_BYTES} bytes"),
        ));
    }
    let local = match path.get(..schema.len()) {
        Some(start) if start.eq_ignore_ascii_case(schema) => path
            .get(schema.len()..)
            .and_then(|rest| rest.strip_prefix(':'))
            .unwrap_or(path),
        _ => path,
    };
    let (name, filter, rest) = match local.split_once('[') {
        Some((name, rest)) => {
            let (filter, rest) = rest.rsplit_once(']').ok_or_else(invalid)?;
            (name, Some(filter.to_owned()), rest.strip_prefix('.'))
        }
        // A schema of another resource or extension is no attribute of ours, dots or not.
        None if local.contains(':') => (local, None, None),
        None => match local.split_once('.') {
            Some((name, rest)) => (name, None, Some(rest)),
            None => (local, None, None),
        },
    };
    if name.is_empty() || rest.is_some_and(str::is_empty) {
        return Err(invalid());
    }
    Ok(Path {
        attribute: name.trim().to_ascii_lowercase(),
        filter,
        sub_attribute: rest.map(str::to_ascii_lowercase),
    })
}

impl Operation {
    /// The error for a path that leads nowhere.
    pub fn no_such_attribute(&self) -> ScimError {
        ScimError::new(
            ScimErrorKind::InvalidPath,
            format!(
                "there is no attribute {:?} that could be changed so",
                self.path.attribute
            ),
        )
    }
}
