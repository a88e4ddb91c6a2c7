//! Texts that follow from the settings alone, made once at the start.

pub mod answers;
mod openapi;

use serde_json::{Value, json};
use token_format::catalogue::{Catalogue, Owner};
use url::Url;
use utoipa::openapi::OpenApi;

use crate::config::Config;
use crate::paths;

/// The Meet API, hand-written; what depends on the settings is filled in.
const MEET_OPENAPI: &str = include_str!("documents/meet-openapi.json");

/// Bodies and links.
#[derive(Debug)]
pub struct Documents {
    /// OpenAPI 3.0.3.
    pub meet_openapi: String,
    /// RFC 9728.
    pub protected_resource: String,
    /// Where the RFC 9728 document is, for `WWW-Authenticate`.
    pub protected_resource_url: Url,
    /// Every permission there is.
    pub catalogue: Catalogue,
}

impl Documents {
    /// An error says which text cannot be made.
    pub fn new(config: &Config) -> Result<Self, String> {
        let resource: Url = config
            .server
            .resource_url
            .parse()
            .map_err(|error| format!("server.resource_url: {error}"))?;
        let catalogue = config.catalogue().map_err(|error| error.to_string())?;
        Ok(Self {
            meet_openapi: meet_openapi(config)
                .map_err(|error| format!("documents/meet-openapi.json: {error}"))?,
            protected_resource: protected_resource(config, &catalogue).to_string(),
            protected_resource_url: paths::protected_resource(&resource),
            catalogue,
        })
    }

    /// OpenAPI of all doors but the Meet API, without the operations.
    pub fn openapi_frame(&self, config: &Config) -> OpenApi {
        openapi::frame(config, &self.catalogue)
    }
}

fn meet_openapi(config: &Config) -> Result<String, serde_json::Error> {
    let mut document: Value = serde_json::from_str(MEET_OPENAPI)?;
    document["info"]["contact"] = json!({ "name": config.contact.name, "email": config.contact.email });
    document["servers"] = json!([{ "url": format!("{}{}", config.resource_base(), paths::MEET), "description": "This server" }]);
    let prefix = &config.scope_prefix;
    if let Some(description) = document["info"]["description"].as_str() {
        document["info"]["description"] = description.replace("{prefix}", prefix).into();
    }
    serde_json::to_string(&document)
}

fn protected_resource(config: &Config, catalogue: &Catalogue) -> Value {
    let prefix = &config.scope_prefix;
    let own: Vec<&str> = catalogue
        .iter()
        .filter(|(_, permission)| permission.of == Owner::Resource)
        .map(|(scope, _)| scope)
        .collect();
    let mut scopes = vec![prefix.clone()];
    // The Meet API's clients write the prefix, those of the others do not.
    let rooms = own.iter().filter(|scope| scope.starts_with("rooms:"));
    scopes.extend(rooms.map(|scope| format!("{prefix}:{scope}")));
    scopes.extend(
        own.iter()
            .filter(|scope| *scope != prefix)
            .map(|scope| (*scope).to_owned()),
    );
    json!({
        "resource": config.server.resource_url,
        "authorization_servers": [config.issuer.url],
        "scopes_supported": scopes,
        "bearer_methods_supported": ["header"],
        "resource_name": "Meet External API",
        "resource_documentation": format!("{}{}", config.resource_base(), paths::MEET_OPENAPI),
    })
}
