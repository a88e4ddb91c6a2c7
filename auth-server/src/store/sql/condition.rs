//! A filter (RFC 7644 3.4.2.2) as an SQL condition that both databases read alike. Whatever a request wrote is
//! bound, never part of the text.

use crate::protocol::scim::filter::{Attribute, Filter, Literal, Operator};

/// How an attribute is stored.
pub(super) enum Column {
    /// An expression of the column; the other side of a comparison goes through `fold`.
    Text {
        /// The column as it is compared.
        column: &'static str,
        /// What is done to the value compared with.
        fold: Fold,
        /// Whether it always has a value.
        always: bool,
    },
    /// A flag that is stored the other way round.
    Negated(&'static str),
    /// Seconds.
    Moment(&'static str),
    /// Ids that another table has: a condition with one parameter, and one without.
    Elsewhere {
        /// Has this id.
        equal: &'static str,
        /// Has any.
        present: &'static str,
    },
}

/// What makes a value comparable with its column.
#[derive(Clone, Copy)]
pub(super) enum Fold {
    /// Nothing.
    Exact,
    /// The column is in lower case already.
    Stored,
    /// The column is put in lower case by the database, so the value is, too.
    InDatabase,
}

/// An attribute that the database knows.
pub(super) trait Stored: Attribute {
    /// Where it is.
    fn column(self) -> Column;
}

/// A value to bind.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bound {
    Text(String),
    Flag(bool),
    Number(i64),
}

/// A condition with its values, `$1` being the first.
#[derive(Default)]
pub(super) struct Condition {
    pub(super) sql: String,
    pub(super) values: Vec<Bound>,
}

impl Condition {
    /// The condition of a filter; none is always true.
    pub(super) fn of<A: Stored>(filter: Option<&Filter<A>>) -> Self {
        let mut condition = Self::default();
        match filter {
            Some(filter) => condition.push(filter),
            None => condition.sql.push_str("1 = 1"),
        }
        condition
    }

    fn bind(&mut self, value: Bound) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    /// Every part is true or false, never NULL, so that `NOT` means what it says.
    fn push<A: Stored>(&mut self, filter: &Filter<A>) {
        match filter {
            Filter::And(left, right) => self.push_pair(left, " AND ", right),
            Filter::Or(left, right) => self.push_pair(left, " OR ", right),
            Filter::Not(inner) => {
                self.sql.push_str("NOT (");
                self.push(inner);
                self.sql.push(')');
            }
            Filter::Present(attribute) => {
                let text = match attribute.column() {
                    Column::Text {
                        column,
                        always: false,
                        ..
                    } => format!("{column} IS NOT NULL"),
                    Column::Elsewhere { present, .. } => present.to_owned(),
                    Column::Text { .. } | Column::Negated(_) | Column::Moment(_) => "1 = 1".to_owned(),
                };
                self.sql.push_str(&text);
            }
            Filter::Compare(attribute, operator, literal) => {
                self.push_comparison(*attribute, *operator, literal);
            }
        }
    }

    fn push_pair<A: Stored>(&mut self, left: &Filter<A>, word: &str, right: &Filter<A>) {
        self.sql.push('(');
        self.push(left);
        self.sql.push_str(word);
        self.push(right);
        self.sql.push(')');
    }

    fn push_comparison<A: Stored>(&mut self, attribute: A, operator: Operator, literal: &Literal) {
        let text = match (attribute.column(), literal) {
            (Column::Text { column, fold, always }, Literal::Text(value)) => {
                let value = match fold {
                    Fold::Stored => value.to_lowercase(),
                    Fold::Exact | Fold::InDatabase => value.clone(),
                };
                let empty = value.is_empty();
                let bound = self.bind(Bound::Text(value));
                let value = match fold {
                    Fold::InDatabase => format!("lower({bound})"),
                    Fold::Exact | Fold::Stored => bound,
                };
                let compared = compare_text(column, operator, &value, empty);
                match (always, operator) {
                    (true, _) => compared,
                    (false, Operator::NotEqual) => format!("({column} IS NULL OR {compared})"),
                    (false, _) => format!("({column} IS NOT NULL AND {compared})"),
                }
            }
            (Column::Negated(column), Literal::Flag(flag)) => {
                let bound = self.bind(Bound::Flag(*flag == (operator == Operator::NotEqual)));
                format!("{column} = {bound}")
            }
            (Column::Moment(column), Literal::Moment(seconds)) => {
                let bound = self.bind(Bound::Number(*seconds));
                format!("{column} {} {bound}", sign(operator))
            }
            (Column::Elsewhere { equal, .. }, Literal::Text(id)) => {
                let bound = self.bind(Bound::Text(id.to_ascii_lowercase()));
                equal.replace('$', &bound)
            }
            // The filter's parser lets no other pair through.
            _ => "1 = 0".to_owned(),
        };
        self.sql.push_str(&text);
    }
}

/// Without LIKE: its case and its escapes differ between the databases.
fn compare_text(column: &str, operator: Operator, value: &str, empty: bool) -> String {
    match operator {
        Operator::Contains if empty => "1 = 1".to_owned(),
        Operator::Contains => format!("replace({column}, {value}, '') <> {column}"),
        Operator::StartsWith => format!("substr({column}, 1, length({value})) = {value}"),
        Operator::EndsWith => format!(
            "(length({column}) >= length({value}) \
             AND substr({column}, length({column}) - length({value}) + 1) = {value})"
        ),
        other => format!("{column} {} {value}", sign(other)),
    }
}

const fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::NotEqual => "<>",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Equal | Operator::Contains | Operator::StartsWith | Operator::EndsWith => "=",
    }
}

/// `ORDER BY`, with the id last so that every row has one place.
pub(super) fn order<A: Stored>(sort_by: Option<A>, descending: bool) -> String {
    let column = match sort_by.map(Stored::column) {
        Some(Column::Text { column, .. } | Column::Negated(column) | Column::Moment(column)) => Some(column),
        Some(Column::Elsewhere { .. }) | None => None,
    };
    let direction = if descending { "DESC" } else { "ASC" };
    match column {
        Some(column) if column != "id" => format!("{column} {direction}, id {direction}"),
        _ => format!("id {direction}"),
    }
}

/// Binds the values of a condition to a query.
macro_rules! bind_all {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match value {
                $crate::store::sql::condition::Bound::Text(text) => query.bind(text.clone()),
                $crate::store::sql::condition::Bound::Flag(flag) => query.bind(*flag),
                $crate::store::sql::condition::Bound::Number(number) => query.bind(*number),
            };
        }
        query
    }};
}
pub(super) use bind_all;
