//! The id of a stream entry, which is also a cursor.

use crate::domain::event::Cursor;

/// Milliseconds of the server's clock, and a number within the millisecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StreamId(u64, u64);

impl StreamId {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (millis, number) = text.split_once('-')?;
        Some(Self(millis.parse().ok()?, number.parse().ok()?))
    }

    /// The place a cursor marks. One that another kind of store gave marks the beginning.
    pub(super) fn of(cursor: Option<&Cursor>) -> Self {
        cursor
            .and_then(|cursor| Self::parse(&cursor.0))
            .unwrap_or_default()
    }

    /// The cursor, padded so that cursors sort as text.
    pub(super) fn cursor(self) -> Cursor {
        Cursor(format!("{:020}-{:020}", self.0, self.1))
    }

    /// The id as Redis writes it.
    pub(super) fn to_redis(self) -> String {
        format!("{}-{}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::StreamId;
    use crate::domain::event::Cursor;

    #[test]
    fn a_cursor_reads_back_and_sorts_as_text() {
        let ids = [
            StreamId(1_763_760_000_000, 9),
            StreamId(1_763_760_000_000, 10),
            StreamId(1_763_760_000_001, 0),
        ];
        for id in ids {
            assert_eq!(StreamId::of(Some(&id.cursor())), id);
            assert_eq!(StreamId::parse(&id.to_redis()), Some(id));
        }
        assert!(ids.map(StreamId::cursor).is_sorted());
    }

    #[test]
    fn a_foreign_cursor_is_the_beginning() {
        assert_eq!(
            StreamId::of(Some(&Cursor("00000000000000000042".to_owned()))),
            StreamId::default()
        );
    }
}
