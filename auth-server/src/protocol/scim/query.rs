//! Queries (RFC 7644 3.4.2 and 3.4.3): filter, order, part and attributes, from a URL or a search request.

use super::SEARCH_SCHEMA;
use super::error::ScimError;
use super::filter::{self, Attribute, Filter, Kind};
use super::projection::Projection;
use super::values::{Object, check_schema, find, text};
use crate::protocol::request::Params;

/// Most resources in one answer.
pub const MAX_COUNT: i64 = 200;
/// How many there are when nobody says how many.
const DEFAULT_COUNT: i64 = 100;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery<A> {
    /// Which resources; none: all.
    pub filter: Option<Filter<A>>,
    /// In which order; none: that of their making.
    pub sort_by: Option<A>,
    /// From the last to the first.
    pub descending: bool,
    /// The first one's place, from 1.
    pub start_index: i64,
    /// How many, at most [`MAX_COUNT`].
    pub count: i64,
    /// Which of their attributes.
    pub projection: Projection,
}

#[derive(Default)]
struct Raw {
    filter: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<String>,
    start_index: Option<i64>,
    count: Option<i64>,
    attributes: Vec<String>,
    excluded_attributes: Vec<String>,
}

/// Reads a URL's query.
pub fn from_url<A: Attribute>(params: &Params) -> Result<ListQuery<A>, ScimError> {
    let number = |name: &str| {
        params
            .get(name)
            .map(str::parse::<i64>)
            .transpose()
            .map_err(|_| ScimError::invalid_value(format!("{name} must be a whole number")))
    };
    let owned = |name: &str| params.get(name).map(str::to_owned);
    Raw {
        filter: owned("filter"),
        sort_by: owned("sortBy"),
        sort_order: owned("sortOrder"),
        start_index: number("startIndex")?,
        count: number("count")?,
        attributes: names(params, "attributes"),
        excluded_attributes: names(params, "excludedAttributes"),
    }
    .check()
}

/// Reads which attributes a request for one resource wants.
pub fn projection_from_url<A: Attribute>(params: &Params) -> Result<Projection, ScimError> {
    Projection::read(
        names(params, "attributes"),
        names(params, "excludedAttributes"),
        A::SCHEMA,
    )
}

fn names(params: &Params, parameter: &str) -> Vec<String> {
    let listed = params.get(parameter).unwrap_or_default();
    listed.split(',').map(str::to_owned).collect()
}

/// Reads a search request's body.
pub fn from_body<A: Attribute>(body: &Object) -> Result<ListQuery<A>, ScimError> {
    check_schema(body, SEARCH_SCHEMA)?;
    let owned = |name: &str| {
        find(body, name)
            .map(|value| text(value, name).map(str::to_owned))
            .transpose()
    };
    let number = |name: &str| {
        find(body, name)
            .map(|value| {
                value
                    .as_i64()
                    .ok_or_else(|| ScimError::invalid_value(format!("{name} must be a whole number")))
            })
            .transpose()
    };
    let listed = |name: &str| -> Result<Vec<String>, ScimError> {
        let Some(value) = find(body, name) else {
            return Ok(Vec::new());
        };
        let names = value.as_array().and_then(|names| {
            let names = names.iter().map(|name| name.as_str().map(str::to_owned));
            names.collect::<Option<Vec<_>>>()
        });
        names.ok_or_else(|| ScimError::invalid_value(format!("{name} must be a list of names")))
    };
    Raw {
        filter: owned("filter")?,
        sort_by: owned("sortBy")?,
        sort_order: owned("sortOrder")?,
        start_index: number("startIndex")?,
        count: number("count")?,
        attributes: listed("attributes")?,
        excluded_attributes: listed("excludedAttributes")?,
    }
    .check()
}

impl Raw {
    fn check<A: Attribute>(self) -> Result<ListQuery<A>, ScimError> {
        let sort_by = self
            .sort_by
            .map(|name| {
                filter::attribute::<A>(&name)
                    .filter(|attribute| attribute.kind() != Kind::Reference)
                    .ok_or_else(|| ScimError::invalid_value(format!("nothing can be sorted by {name:?}")))
            })
            .transpose()?;
        let descending = match self.sort_order.as_deref() {
            None => false,
            Some(order) if order.eq_ignore_ascii_case("ascending") => false,
            Some(order) if order.eq_ignore_ascii_case("descending") => true,
            Some(_) => return Err(ScimError::invalid_value("sortOrder is ascending or descending")),
        };
        Ok(ListQuery {
            filter: self.filter.as_deref().map(filter::parse).transpose()?,
            sort_by,
            descending,
            // RFC 7644 3.4.2.4: less than 1 is 1, a negative count is 0.
            start_index: self.start_index.unwrap_or(1).max(1),
            count: self.count.unwrap_or(DEFAULT_COUNT).clamp(0, MAX_COUNT),
            projection: Projection::read(self.attributes, self.excluded_attributes, A::SCHEMA)?,
        })
    }
}
