//! The frame of the OpenAPI document of all doors but the Meet API; the operations come from the
//! annotations of the handlers.

use std::fmt::Write as _;

use token_format::catalogue::{Catalogue, Owner};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, ServerBuilder,
};

use super::answers;
use crate::config::Config;

const DESCRIPTION: &str = "Rooms, conferences, meetings and what belongs to them.\n\n\
    Send the access token of the authorization server as `Authorization: Bearer <token>`, and nowhere else. \
    Each operation names the permissions it needs: all of them. A general permission `p` stands for `p:read` \
    and `p:write`, and says nothing about `p.x`.\n\n\
    A token of a user sees what the user owns or takes part in. A token that was issued to an application \
    alone is welcome below `/api/v3`, where it sees everything.\n\n\
    Collections answer with pages: `count`, `next`, `previous`, `results`. Times are RFC 3339, in UTC. Every \
    refusal has a header `X-Error-Id`; quote it when you ask for help.\n\n\
    The Meet API has a document of its own at `/external-api/v1.0/openapi.json`.";

/// Everything but the operations.
pub(super) fn frame(config: &Config, catalogue: &Catalogue) -> OpenApi {
    let mut components = Components::new();
    answers::add_to(&mut components);
    components.add_security_scheme("bearer", bearer(catalogue));
    let api_key = ApiKeyValue::with_description(
        "X-API-KEY",
        "The key of an application, which an administrator of the authorization server makes.",
    );
    components.add_security_scheme("api_key", SecurityScheme::ApiKey(ApiKey::Header(api_key)));

    let contact = ContactBuilder::new()
        .name(Some(&config.contact.name))
        .email(Some(&config.contact.email));
    let info = InfoBuilder::new()
        .title("Anteroom resource server")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .contact(Some(contact.build()))
        .license(Some(
            LicenseBuilder::new()
                .name("Apache-2.0")
                .identifier(Some("Apache-2.0"))
                .build(),
        ));
    let server = ServerBuilder::new()
        .url(config.resource_base())
        .description(Some("This server"));
    OpenApiBuilder::new()
        .info(info.build())
        .servers(Some([server.build()]))
        .components(Some(components))
        .build()
}

/// With a list of all permissions there are.
fn bearer(catalogue: &Catalogue) -> SecurityScheme {
    let mut description = String::from("An access token of the authorization server. Permissions:\n");
    for (scope, permission) in catalogue.iter() {
        if permission.of == Owner::Resource {
            let text = &permission.en;
            // Writing to a String does not fail.
            let _ = write!(
                description,
                "\n* `{scope}` - {}. {}",
                text.label, text.description
            );
        }
    }
    let http = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some(description));
    SecurityScheme::Http(http.build())
}
