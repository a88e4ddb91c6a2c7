//! Lists in parts, for people and programs: each part says where the next one begins (keyset paging), so that a part
//! costs the same wherever it is.

use std::fmt;
use std::str::FromStr;

/// Where a row stands in a list: its moment and its id. As text `MOMENT.ID`, for addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Seconds since the Unix epoch; of a token, milliseconds.
    pub at: i64,
    /// The id of the row, which tells rows of one second apart.
    pub id: String,
}

impl From<(i64, &str)> for Place {
    fn from((at, id): (i64, &str)) -> Self {
        Self {
            at,
            id: id.to_owned(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at, self.id)
    }
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const NONE: &str = "this is no place in a list";
        let (at, id) = text.split_once('.').ok_or(NONE)?;
        let sound = id.len() <= 200
            && id
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | ':'));
        match at.parse() {
            Ok(at) if sound => Ok(Self {
                at,
                id: id.to_owned(),
            }),
            _ => Err(NONE),
        }
    }
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// The rows.
    pub items: Vec<T>,
    /// After which the next part begins; none when this was the last.
    pub next: Option<Place>,
}

impl<T> Listed<T> {
    /// A part of at most `limit` rows, from a list that was read one row further to see whether it goes on.
    pub fn cut(mut items: Vec<T>, limit: i64, place: impl Fn(&T) -> Place) -> Self {
        let limit = usize::try_from(limit).unwrap_or_default();
        let goes_on = items.len() > limit;
        items.truncate(limit);
        Self {
            next: items.last().filter(|_| goes_on).map(place),
            items,
        }
    }

    /// The same part of other rows.
    pub fn map<U>(self, other: impl FnMut(T) -> U) -> Listed<U> {
        Listed {
            items: self.items.into_iter().map(other).collect(),
            next: self.next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Listed, Place};

    #[test]
    fn places_are_read_as_they_are_written() {
        for id in ["a-1", "family:a-1"] {
            let place = Place::from((-5, id));
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for none in ["", "1", "x.y", "1.a b", "1.a'", "99999999999999999999.a"] {
            assert!(none.parse::<Place>().is_err(), "{none:?}");
        }
    }

    #[test]
    fn the_last_part_has_no_next() {
        let place = |number: &i64| Place {
            at: *number,
            id: String::new(),
        };
        let part = Listed::cut(vec![1, 2, 3], 2, place);
        assert_eq!(part.items, [1, 2]);
        assert_eq!(part.next.map(|next| next.at), Some(2));
        assert_eq!(Listed::cut(vec![1, 2], 2, place).next, None);
        assert_eq!(Listed::cut(Vec::new(), 2, place).next, None);
    }
}
