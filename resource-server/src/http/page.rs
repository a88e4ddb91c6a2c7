//! Pages of a collection over HTTP: the parameters that every collection takes and the object that
//! it answers with.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Serialize;
use serde_json::json;
use url::form_urlencoded;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Required, schema};
use utoipa::{IntoParams, ToSchema};

use super::error::ApiError;
use super::query::Query;
use crate::domain::page::{DEFAULT_SIZE, MAX_SIZE, Page, PageError};
use crate::state::AppState;

/// One page of a collection.
#[derive(Debug, Serialize, ToSchema)]
pub struct PageBody<T> {
    /// How many items the whole collection has.
    #[schema(minimum = 0)]
    count: i64,
    /// The page after this one.
    #[schema(required, format = "uri")]
    next: Option<String>,
    /// The page before this one.
    #[schema(required, format = "uri")]
    previous: Option<String>,
    /// The items of this page.
    results: Vec<T>,
}

/// The parameters `page` and `page_size` of a request, and what its links begin with.
#[derive(Debug)]
pub struct PageQuery {
    /// The part that is asked for.
    pub page: Page,
    /// The collection's address with the other parameters of the request.
    link: String,
}

impl PageQuery {
    /// Answers with one page out of `count` items, or that there is no such page.
    pub fn answer<T>(self, count: i64, results: Vec<T>) -> Result<Json<PageBody<T>>, ApiError> {
        if !self.page.exists(count) {
            return Err(refuse(PageError::Number));
        }
        let link = |query: String| format!("{}{query}", self.link);
        Ok(Json(PageBody {
            count,
            next: self.page.next(count).map(link),
            previous: self.page.previous().map(link),
            results,
        }))
    }
}

impl FromRequestParts<AppState> for PageQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let page = Page::parse(query.get("page")?, query.get("page_size")?).map_err(refuse)?;
        let path = parts.uri.path().trim_end_matches('/');
        let mut link = format!("{}{path}?", state.config.resource_base());
        let others = query.without(&["page", "page_size"]);
        if !others.is_empty() {
            let others = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(others)
                .finish();
            link.push_str(&others);
            link.push('&');
        }
        Ok(Self { page, link })
    }
}

impl IntoParams for PageQuery {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let parameter = |name, description, schema: ObjectBuilder| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query)
                .required(Required::False)
                .description(Some(description))
                .schema(Some(schema.schema_type(Type::Integer).minimum(Some(1))))
                .build()
        };
        let schema = schema::ObjectBuilder::new;
        vec![
            parameter("page", "Which page", schema().default(Some(json!(1)))),
            parameter(
                "page_size",
                "Items per page",
                schema()
                    .maximum(Some(MAX_SIZE))
                    .default(Some(json!(DEFAULT_SIZE))),
            ),
        ]
    }
}

fn refuse(error: PageError) -> ApiError {
    match error {
        PageError::Number => ApiError::detail(StatusCode::NOT_FOUND, "Invalid page.", "no such page"),
        PageError::SizeNotANumber => ApiError::field("page_size", "A valid integer is required."),
        PageError::SizeTooSmall => {
            ApiError::field("page_size", "Ensure this value is greater than or equal to 1.")
        }
        PageError::SizeTooLarge => ApiError::field(
            "page_size",
            &format!("Ensure this value is less than or equal to {MAX_SIZE}."),
        ),
    }
}
