//! What an update does to a value that may be absent.

/// What becomes of an optional value.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Change<T> {
    /// It stays.
    #[default]
    Keep,
    /// There is none from now on.
    Remove,
    /// This is the value from now on.
    Set(T),
}

impl<T> Change<T> {
    /// The value after the change.
    pub fn apply(self, current: Option<T>) -> Option<T> {
        match self {
            Self::Keep => current,
            Self::Remove => None,
            Self::Set(value) => Some(value),
        }
    }

    /// Whether anything becomes of it.
    pub fn is_change(&self) -> bool {
        !matches!(self, Self::Keep)
    }

    /// The value that is set, if one is.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Keep | Self::Remove => None,
            Self::Set(value) => Some(value),
        }
    }

    /// Turns the value that is set into another, or gives the error of that.
    pub fn try_map<U, E>(self, map: impl FnOnce(T) -> Result<U, E>) -> Result<Change<U>, E> {
        Ok(match self {
            Self::Keep => Change::Keep,
            Self::Remove => Change::Remove,
            Self::Set(value) => Change::Set(map(value)?),
        })
    }
}
