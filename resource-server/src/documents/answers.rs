//! The answers that operations have in common, so that each one lists them in a line of its
//! description: `responses((status = 200, ...), Guarded, NotFound)`.

use std::collections::BTreeMap;

use utoipa::openapi::schema::{AnyOfBuilder, Ref};
use utoipa::openapi::{Components, ContentBuilder, HeaderBuilder, RefOr, Response, ResponseBuilder, Schema};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

/// Why the request was refused.
#[derive(Debug, ToSchema)]
#[schema(as = Error)]
pub struct ErrorBody {
    /// A sentence for developers.
    #[schema(example = "Not found.")]
    pub detail: String,
}

/// Why the token was refused; both members say the same.
#[derive(Debug, ToSchema)]
#[schema(as = TokenError)]
pub struct TokenErrorBody {
    /// A sentence for developers.
    #[schema(example = "Invalid token.")]
    pub error: String,
    /// The same.
    #[schema(example = "Invalid token.")]
    pub detail: String,
}

/// For each field that was refused, why.
#[derive(Debug, ToSchema)]
#[schema(as = FieldErrors)]
pub struct FieldErrorsBody(#[schema(inline)] pub BTreeMap<String, Vec<String>>);

macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident: $($status:literal $component:literal),+;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                [$(($status, $component)),+]
                    .map(|(status, component)| {
                        (status.to_owned(), RefOr::Ref(Ref::from_response_name(component)))
                    })
                    .into()
            }
        }
    )*};
}

answers! {
    /// What each operation behind a token may answer, whatever else it does.
    Guarded: "400" "BadRequest", "401" "Unauthorized", "403" "Forbidden", "503" "Unavailable";
    /// For operations that anybody may use.
    Invalid: "400" "BadRequest", "503" "Unavailable";
    /// For operations on one thing, or on a page of a collection.
    NotFound: "404" "NotFound";
    /// For operations that read a body.
    ReadsBody: "408" "BodyTooSlow", "413" "BodyTooLarge", "415" "UnsupportedMediaType";
    /// For operations that may find things in a state that does not allow them.
    Conflict: "409" "Conflict";
}

/// Adds what the answers refer to.
pub(super) fn add_to(components: &mut Components) {
    let mut schemas = Vec::new();
    add_schema::<ErrorBody>(&mut schemas);
    add_schema::<TokenErrorBody>(&mut schemas);
    add_schema::<FieldErrorsBody>(&mut schemas);
    components.schemas.extend(schemas);

    let header = |description: &str| {
        HeaderBuilder::new()
            .description(Some(description))
            .schema(Some(String::schema()))
            .build()
    };
    let challenge = || header("RFC 6750, RFC 9728");
    let retry_after = header("Seconds to wait");
    let error = |description: &str| {
        ResponseBuilder::new()
            .description(description)
            .content("application/json", content::<ErrorBody>())
    };
    let responses = [
        (
            "BadRequest",
            ResponseBuilder::new()
                .description("A parameter, a field or the whole request is not valid.")
                .content("application/json", bad_request()),
        ),
        (
            "Unauthorized",
            ResponseBuilder::new()
                .description("There is no token, or it is not valid (any more).")
                .content("application/json", content::<TokenErrorBody>())
                .header("WWW-Authenticate", challenge()),
        ),
        (
            "Forbidden",
            error("The token lacks a permission, or its user may not do this.")
                .header("WWW-Authenticate", challenge()),
        ),
        (
            "NotFound",
            error("There is no such thing, or the token's user does not see it."),
        ),
        ("BodyTooSlow", error("The request body did not arrive in time.")),
        ("Conflict", error("The present state does not allow this.")),
        ("BodyTooLarge", error("The request body is too large.")),
        (
            "UnsupportedMediaType",
            error("The request body is of another type."),
        ),
        (
            "Unavailable",
            error("A part of the service is away; the same request may work later.")
                .header("Retry-After", retry_after),
        ),
    ];
    components
        .responses
        .extend(responses.map(|(name, response)| (name.to_owned(), RefOr::T(response.build()))));
}

fn add_schema<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    T::schemas(schemas);
    schemas.push((T::name().into_owned(), T::schema()));
}

fn content<T: ToSchema>() -> utoipa::openapi::Content {
    ContentBuilder::new().schema(Some(reference::<T>())).build()
}

fn reference<T: ToSchema>() -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(T::name()))
}

fn bad_request() -> utoipa::openapi::Content {
    let any = AnyOfBuilder::new()
        .item(reference::<FieldErrorsBody>())
        .item(reference::<ErrorBody>())
        .item(reference::<TokenErrorBody>());
    ContentBuilder::new()
        .schema(Some(Schema::AnyOf(any.build())))
        .build()
}
