//! Scope values (RFC 6749 section 3.3) and what one permission implies.

mod prefix;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::prefix::{MissingBaseScope, ScopePrefix};

/// The longest scope, in characters, that is accepted or built.
pub const MAX_SCOPE_LENGTH: usize = 4096;

/// A set of scope values: no order, no repetition (RFC 6749 section 3.3).
///
/// Kept as the RFC's string with its values sorted, so that equal sets are equal strings and a
/// clone costs one reference count.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ScopeSet(Arc<str>);

/// A string is not a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// A character outside RFC 6749's `scope-token`.
    #[error("character {character:?} at position {position} is not allowed in a scope")]
    InvalidCharacter {
        /// Position of the character, counted in characters from zero.
        position: usize,
        /// The character.
        character: char,
    },
    /// Longer than [`MAX_SCOPE_LENGTH`].
    #[error("a scope may have at most {MAX_SCOPE_LENGTH} characters")]
    TooLong,
}

impl ScopeSet {
    /// Reads the RFC's string: values separated by spaces. Surplus spaces are ignored.
    pub fn parse(scope: &str) -> Result<Self, ScopeError> {
        if scope.len() > MAX_SCOPE_LENGTH {
            return Err(ScopeError::TooLong);
        }
        check_characters(scope, true)?;
        Ok(Self::join(
            scope.split(' ').filter(|value| !value.is_empty()).collect(),
        ))
    }

    /// Whether the set has exactly this value.
    pub fn contains(&self, value: &str) -> bool {
        self.iter().any(|own| own == value)
    }

    /// Whether every value of this set is in the other.
    pub fn is_subset_of(&self, other: &Self) -> bool {
        self.iter().all(|value| other.contains(value))
    }

    /// The values, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|value| !value.is_empty())
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The RFC's string.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The values of either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::join(self.iter().chain(other.iter()).collect())
    }

    /// The values of both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self::join(self.iter().filter(|value| other.contains(value)).collect())
    }

    /// The values of this set that the other lacks.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self::join(self.iter().filter(|value| !other.contains(value)).collect())
    }

    /// Adds one value. The empty string adds nothing; a space is not part of a value.
    pub fn insert(&mut self, value: &str) -> Result<(), ScopeError> {
        check_characters(value, false)?;
        if value.is_empty() || self.contains(value) {
            return Ok(());
        }
        if self.0.len() + 1 + value.len() > MAX_SCOPE_LENGTH {
            return Err(ScopeError::TooLong);
        }
        *self = Self::join(self.iter().chain([value]).collect());
        Ok(())
    }

    /// Whether the set allows what `required` names: it has that value, or it has the general
    /// permission `p` where `p:read` or `p:write` is required. A dot names another resource, so
    /// `p` says nothing about `p.x`, and a value that has a suffix of its own implies nothing.
    pub fn covers(&self, required: &str) -> bool {
        self.contains(required) || general(required).is_some_and(|general| self.contains(general))
    }

    fn join(values: BTreeSet<&str>) -> Self {
        let mut scope = String::with_capacity(values.iter().map(|value| value.len() + 1).sum());
        for value in values {
            if !scope.is_empty() {
                scope.push(' ');
            }
            scope.push_str(value);
        }
        Self(scope.into())
    }
}

/// The general permission that implies `required`, if there is one. `user` is none: it lets an application act for a
/// user together with an API key, and must not by its mere name give `user:read` without one.
pub fn general(required: &str) -> Option<&str> {
    required
        .strip_suffix(":read")
        .or_else(|| required.strip_suffix(":write"))
        .filter(|general| !general.contains(':') && *general != "user")
}

fn check_characters(scope: &str, space_allowed: bool) -> Result<(), ScopeError> {
    let allowed = |character| match character {
        ' ' => space_allowed,
        '"' | '\\' => false,
        other => other.is_ascii_graphic(),
    };
    match scope
        .chars()
        .enumerate()
        .find(|&(_, character)| !allowed(character))
    {
        Some((position, character)) => Err(ScopeError::InvalidCharacter { position, character }),
        None => Ok(()),
    }
}

impl Default for ScopeSet {
    fn default() -> Self {
        Self("".into())
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl FromStr for ScopeSet {
    type Err = ScopeError;

    fn from_str(scope: &str) -> Result<Self, ScopeError> {
        Self::parse(scope)
    }
}

/// For values that are known to be good, such as those of the configuration or of another set.
/// One that [`ScopeSet::insert`] would refuse is left out, so the set never grants more than it
/// was given. Use [`ScopeSet::parse`] or [`ScopeSet::insert`] on input.
impl<'a> FromIterator<&'a str> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = &'a str>>(values: I) -> Self {
        let mut length = 0;
        let good = values.into_iter().filter(|value| {
            let fits = check_characters(value, false).is_ok() && length + 1 + value.len() <= MAX_SCOPE_LENGTH;
            length += if fits { 1 + value.len() } else { 0 };
            fits && !value.is_empty()
        });
        Self::join(good.collect())
    }
}

/// As from string slices.
impl FromIterator<String> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = String>>(values: I) -> Self {
        let values: Vec<String> = values.into_iter().collect();
        values.iter().map(String::as_str).collect()
    }
}

impl Serialize for ScopeSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ScopeSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let scope = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&scope).map_err(D::Error::custom)
    }
}
