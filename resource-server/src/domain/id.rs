//! New ids.

use std::sync::Mutex;

use uuid::{ContextV7, Timestamp, Uuid};

/// Makes ids that grow, also within a millisecond: things that were made one after the other are listed in
/// that order (RFC 9562 section 6.2).
#[derive(Debug)]
pub struct Ids(Mutex<ContextV7>);

impl Default for Ids {
    fn default() -> Self {
        Self(Mutex::new(ContextV7::new()))
    }
}

impl Ids {
    /// An id for something that is made at `now`, in milliseconds since 1970.
    pub fn make(&self, now: i64) -> Uuid {
        let seconds = u64::try_from(now.div_euclid(1000)).unwrap_or(0);
        let nanos = u32::try_from(now.rem_euclid(1000) * 1_000_000).unwrap_or(0);
        Uuid::new_v7(Timestamp::from_unix(&self.0, seconds, nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::Ids;

    #[test]
    fn ids_of_one_millisecond_grow() {
        let ids = Ids::default();
        let made: Vec<_> = (0..10_000).map(|_| ids.make(1_900_000_000_123)).collect();
        assert!(made.is_sorted_by(|first, second| first.to_string() < second.to_string()));
    }
}
