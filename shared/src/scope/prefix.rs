//! A resource server's scope prefix: tokens carry `lasuite_visio:rooms:list`, its rules name `rooms:list`.

use super::ScopeSet;

/// The prefix with which a resource server's scopes are told from those of others, without the
/// colon: `lasuite_visio`. The same word alone is the base scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopePrefix {
    base: String,
}

/// A set has prefixed scopes but not the base scope, without which they are worth nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("prefixed scopes need the base scope '{base}' as well")]
pub struct MissingBaseScope {
    /// The base scope.
    pub base: String,
}

impl ScopePrefix {
    /// A prefix, with or without its final colon. The empty prefix strips nothing.
    pub fn new(prefix: impl AsRef<str>) -> Self {
        Self {
            base: prefix.as_ref().trim_end_matches(':').to_owned(),
        }
    }

    /// The scope that prefixed scopes need beside them.
    pub fn base_scope(&self) -> &str {
        &self.base
    }

    /// Takes the prefix off, once, where it is. The base scope and scopes without the prefix stay.
    pub fn strip(&self, scope: &ScopeSet) -> Result<ScopeSet, MissingBaseScope> {
        if scope.iter().any(|value| self.without_prefix(value).is_some()) && !scope.contains(&self.base) {
            return Err(MissingBaseScope {
                base: self.base.clone(),
            });
        }
        Ok(ScopeSet::join(
            scope
                .iter()
                .map(|value| self.without_prefix(value).unwrap_or(value))
                .collect(),
        ))
    }

    fn without_prefix<'a>(&self, value: &'a str) -> Option<&'a str> {
        if self.base.is_empty() {
            return None;
        }
        let rest = value.strip_prefix(self.base.as_str())?.strip_prefix(':')?;
        (!rest.is_empty()).then_some(rest)
    }
}
