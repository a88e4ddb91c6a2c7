//! Every URL of the server, in one place: the router, discovery, pages and tests take them from here.

#![expect(missing_docs, reason = "the names say it")]

pub const HOME: &str = "/";
pub const AUTHORIZE: &str = "/oauth2/authorize";
pub const TOKEN: &str = "/oauth2/token";
pub const INTROSPECT: &str = "/oauth2/introspect";
pub const REVOKE: &str = "/oauth2/revoke";
pub const JWKS: &str = "/oauth2/jwks";
pub const REVOCATIONS: &str = "/oauth2/revocations";
pub const METADATA: &str = "/.well-known/oauth-authorization-server";
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
pub const LOGIN: &str = "/login";
pub const LOGOUT: &str = "/logout";
pub const CONSENT: &str = "/consent";
pub const LANGUAGE: &str = "/language";
pub const ASSET: &str = "/assets/{name}";
pub const SCIM: &str = "/scim/v2";
pub const SCIM_REST: &str = "/scim/v2/{*rest}";
pub const SCIM_CONFIG: &str = "/scim/v2/ServiceProviderConfig";
pub const SCIM_RESOURCE_TYPES: &str = "/scim/v2/ResourceTypes";
pub const SCIM_RESOURCE_TYPE: &str = "/scim/v2/ResourceTypes/{id}";
pub const SCIM_SCHEMAS: &str = "/scim/v2/Schemas";
pub const SCIM_SCHEMA: &str = "/scim/v2/Schemas/{id}";
pub const SCIM_USERS: &str = "/scim/v2/Users";
pub const SCIM_USER_SEARCH: &str = "/scim/v2/Users/.search";
pub const SCIM_USER: &str = "/scim/v2/Users/{id}";
pub const SCIM_GROUPS: &str = "/scim/v2/Groups";
pub const SCIM_GROUP_SEARCH: &str = "/scim/v2/Groups/.search";
pub const SCIM_GROUP: &str = "/scim/v2/Groups/{id}";
pub const SCIM_SEARCH: &str = "/scim/v2/.search";
pub const SCIM_ME: &str = "/scim/v2/Me";
pub const SCIM_BULK: &str = "/scim/v2/Bulk";
pub const HEALTH_LIVE: &str = "/health/live";
pub const HEALTH_READY: &str = "/health/ready";
pub const METRICS: &str = "/metrics";
