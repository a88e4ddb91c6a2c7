//! Queries over lists whose conditions depend on what is looked for. Whatever a request wrote is bound, never part of
//! the text.

use super::condition::Bound;
use crate::domain::listing::Place;
use crate::store::database::Database;

/// Sorts after every other character: what begins with a text lies between the text and the text with this.
const LAST: &str = "\u{10ffff}";

/// A query in the making.
pub(super) struct Select {
    sql: String,
    pub(super) values: Vec<Bound>,
}

impl Select {
    /// `what` is the query up to its conditions, without parameters.
    pub(super) fn new(what: &str) -> Self {
        Self {
            sql: format!("{what} WHERE 1 = 1"),
            values: Vec::new(),
        }
    }

    fn bind(&mut self, value: Bound) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    /// Adds a condition without a value.
    pub(super) fn and(&mut self, condition: &str) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
    }

    /// Adds a condition whose `$` stands for the value.
    pub(super) fn and_with(&mut self, condition: &str, value: Bound) {
        let bound = self.bind(value);
        self.and(&condition.replace('$', &bound));
    }

    /// Adds a search: a row is found by the whole of its id, or by the beginning of one of its texts. `texts` are
    /// columns or expressions in lower case, each with an index over its bytes.
    pub(super) fn and_search(&mut self, database: &Database, id: &str, texts: &[&str], sought: &str) {
        let bytes = by_bytes(database);
        let whole = self.bind(Bound::Text(sought.to_owned()));
        let last = self.bind(Bound::Text(LAST.to_owned()));
        let mut condition = format!("({id} = {whole}");
        for text in texts {
            let range =
                format!(" OR ({text}{bytes} >= lower({whole}) AND {text}{bytes} < lower({whole}) || {last})");
            condition.push_str(&range);
        }
        condition.push(')');
        self.and(&condition);
    }

    /// Goes on after a row.
    pub(super) fn and_after(&mut self, columns: (&str, &str), newest_first: bool, place: Option<&Place>) {
        let Some(place) = place else { return };
        let sign = if newest_first { '<' } else { '>' };
        let (at, id) = columns;
        let after_at = self.bind(Bound::Number(place.at));
        let after_id = self.bind(Bound::Text(place.id.clone()));
        self.and(&format!("({at}, {id}) {sign} ({after_at}, {after_id})"));
    }

    /// The whole query, with one row more than `limit`, which says whether the list goes on.
    pub(super) fn ordered(&self, columns: (&str, &str), newest_first: bool, limit: i64) -> String {
        let direction = if newest_first { "DESC" } else { "ASC" };
        let (at, id) = columns;
        format!(
            "{} ORDER BY {at} {direction}, {id} {direction} LIMIT {}",
            self.sql,
            limit.saturating_add(1)
        )
    }
}

/// Makes PostgreSQL compare texts byte by byte whatever the database's language, as SQLite does: only so is what begins
/// with a text one range of an index.
fn by_bytes(database: &Database) -> &'static str {
    match database {
        Database::Sqlite(_) => "",
        Database::Postgres(_) => " COLLATE \"C\"",
    }
}
