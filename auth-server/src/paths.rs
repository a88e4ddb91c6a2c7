//! Every URL of the server, in one place: the router, discovery, pages and tests take them from here.

#![expect(missing_docs, reason = "the names say it")]

pub const HOME: &str = "/";
pub const AUTHORIZE: &str = "/oauth2/authorize";
pub const TOKEN: &str = "/oauth2/token";
pub const MEET_TOKEN: &str = "/external-api/v1.0/application/token";
pub const MEET_TOKEN_SLASH: &str = "/external-api/v1.0/application/token/";
pub const TRUECONF_TOKEN: &str = "/oauth2/v1/token";
pub const JIOMEET_TOKEN: &str = "/api/oauth2/v2/token";
pub const INTROSPECT: &str = "/oauth2/introspect";
pub const REVOKE: &str = "/oauth2/revoke";
pub const JWKS: &str = "/oauth2/jwks";
pub const REVOCATIONS: &str = "/oauth2/revocations";
pub const KEYED_TOKEN: &str = "/public/token";
pub const METADATA: &str = "/.well-known/oauth-authorization-server";
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
pub const LOGIN: &str = "/login";
pub const LOGOUT: &str = "/logout";
pub const CONSENT: &str = "/consent";
pub const LANGUAGE: &str = "/language";
pub const ASSET: &str = "/assets/{name}";
pub const HEALTH_LIVE: &str = "/health/live";
pub const HEALTH_READY: &str = "/health/ready";
pub const METRICS: &str = "/metrics";
