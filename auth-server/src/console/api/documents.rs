//! The frame of the API's OpenAPI document, and the answers that operations have in common; the operations come from
//! the annotations of the handlers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use token_format::catalogue::{Catalogue, Owner};
use utoipa::openapi::schema::Ref;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, HeaderBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, RefOr,
    Response, ResponseBuilder, ServerBuilder,
};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

use super::answer::{FieldBody, PROBLEM, ProblemBody};

const DESCRIPTION: &str = "What the pages under `/admin` do, for programs: applications, reviews, users, tokens, keys, the audit log, webhooks and the outbox.\n\nSend an access token of this server *for this server* (`resource` is its issuer, RFC 8707) as `Authorization: Bearer <token>`: a server-wide one of an application that was given the permission, or one of a user whose roles allow it, too. Each operation names the permission it needs; `admin:users` stands for `admin:users:read` and `admin:users:write`, and `admin` for all of them.\n\nBodies are JSON of at most 64 KiB. Lists come in parts: `next` is the `after` of the next one. Times are seconds since the Unix epoch. Refusals are problem details (RFC 9457) with a `code` for programs and, for what is wrong with fields, one entry per field. Every refusal has a header `X-Error-Id`, by which `getError` finds the exact reason.";

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
    /// What every operation may answer.
    Guarded: "400" "BadRequest", "401" "Unauthorized", "403" "Forbidden", "429" "TooMany", "503" "Unavailable";
    /// For operations on one thing.
    Missing: "404" "NotFound";
    /// For operations that read a body.
    ReadsBody: "413" "BodyTooLarge", "415" "UnsupportedMediaType";
    /// For operations that check fields and states.
    Changes: "409" "Conflict", "422" "Invalid";
    /// For operations that are for one version.
    Versioned: "412" "OtherVersion";
}

/// Everything but the operations, of a server at `issuer`.
pub(super) fn frame(issuer: &str, catalogue: &Catalogue) -> OpenApi {
    let mut components = Components::new();
    let mut schemas = Vec::new();
    add_schema::<ProblemBody>(&mut schemas);
    add_schema::<FieldBody>(&mut schemas);
    components.schemas.extend(schemas);
    let header = |description: &str| {
        HeaderBuilder::new()
            .description(Some(description))
            .schema(Some(String::schema()))
            .build()
    };
    let problem = |description: &str| {
        let body = ContentBuilder::new()
            .schema(Some(RefOr::Ref(Ref::from_schema_name(ProblemBody::name()))))
            .build();
        ResponseBuilder::new()
            .description(description)
            .content(PROBLEM, body)
    };
    let challenge = || header("RFC 6750");
    let responses = [
        ("BadRequest", problem("The query or the body cannot be read.")),
        (
            "Unauthorized",
            problem("There is no token, or it is not valid (any more), or it is for another server.")
                .header("WWW-Authenticate", challenge()),
        ),
        (
            "Forbidden",
            problem("The token lacks the permission, or its user the role.")
                .header("WWW-Authenticate", challenge()),
        ),
        ("NotFound", problem("There is no such thing.")),
        ("Conflict", problem("The thing is not in the state for it.")),
        (
            "OtherVersion",
            problem("The thing has another version than the request is for."),
        ),
        ("BodyTooLarge", problem("The body is larger than 64 KiB.")),
        (
            "UnsupportedMediaType",
            problem("The body is not application/json."),
        ),
        ("Invalid", problem("Fields are not as they must be.")),
        (
            "TooMany",
            problem("Too many failed requests from this address.")
                .header("Retry-After", header("Seconds to wait")),
        ),
        (
            "Unavailable",
            problem("A store is away; the same request may work later.")
                .header("Retry-After", header("Seconds to wait")),
        ),
    ];
    components
        .responses
        .extend(responses.map(|(name, response)| (name.to_owned(), RefOr::T(response.build()))));
    components.add_security_scheme("bearer", bearer(catalogue));
    let info = InfoBuilder::new()
        .title("Anteroom admin API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(
            LicenseBuilder::new()
                .name("Apache-2.0")
                .identifier(Some("Apache-2.0"))
                .build(),
        ));
    let server = ServerBuilder::new().url(issuer).description(Some("This server"));
    OpenApiBuilder::new()
        .info(info.build())
        .servers(Some([server.build()]))
        .components(Some(components))
        .build()
}

/// With a list of the permissions.
fn bearer(catalogue: &Catalogue) -> SecurityScheme {
    let mut description = String::from("An access token of this server for itself. Permissions:\n");
    let own = catalogue
        .iter()
        .filter(|(scope, permission)| permission.of == Owner::Server && scope.starts_with("admin"));
    for (scope, permission) in own {
        let text = &permission.en;
        // Writing to a String does not fail.
        let _ = write!(
            description,
            "\n* `{scope}` - {}. {}",
            text.label, text.description
        );
    }
    let http = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some(description));
    SecurityScheme::Http(http.build())
}

fn add_schema<T: ToSchema>(schemas: &mut Vec<(String, RefOr<utoipa::openapi::Schema>)>) {
    T::schemas(schemas);
    schemas.push((T::name().into_owned(), T::schema()));
}
