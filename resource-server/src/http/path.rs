//! Ids in paths.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use uuid::Uuid;

use super::error::ApiError;

/// The one id that a path names. What is not a UUID names nothing: 404.
#[derive(Clone, Copy, Debug)]
pub struct PathId(pub Uuid);

/// The two ids that a path names.
#[derive(Clone, Copy, Debug)]
pub struct PathIds(pub Uuid, pub Uuid);

/// Reads an id in the one notation that has hyphens and nothing around it.
pub fn parse_id(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()
}

async fn ids<const N: usize>(parts: &mut Parts) -> Result<[Uuid; N], ApiError> {
    let texts = Path::<Vec<String>>::from_request_parts(parts, &()).await;
    let ids: Option<Vec<Uuid>> = texts
        .ok()
        .and_then(|Path(texts)| texts.iter().map(|text| parse_id(text)).collect());
    ids.and_then(|ids| ids.try_into().ok())
        .ok_or_else(|| ApiError::not_found("an id in the path is not a UUID"))
}

impl<S: Sync> FromRequestParts<S> for PathId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        ids(parts).await.map(|[id]| Self(id))
    }
}

impl<S: Sync> FromRequestParts<S> for PathIds {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        ids(parts).await.map(|[first, second]| Self(first, second))
    }
}

/// The one text that a path names. What is not UTF-8 names nothing: 404.
#[derive(Clone, Debug)]
pub struct PathText(pub String);

impl<S: Send + Sync> FromRequestParts<S> for PathText {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        text.map(|Path(text)| Self(text))
            .map_err(|_| ApiError::not_found("the path is not UTF-8"))
    }
}
