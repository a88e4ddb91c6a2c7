//! The authorization server over HTTP: one binary; files mirror endpoints and flows.

#![expect(
    unreachable_pub,
    reason = "the harness is a library to the other files of this binary"
)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod harness;

mod access_token;
mod authorization_code;
mod authorize;
mod authorize_params;
mod catalogue;
mod client_authentication;
mod client_credentials;
mod code;
mod consent;
mod consent_scope;
mod delegation;
mod dialects;
mod discovery;
mod documentation;
mod engine_defects;
mod error_ids;
mod form_post;
mod forwarded;
mod fuzz;
mod health;
mod introspection;
mod introspection_jwt;
mod jiomeet;
mod keyed;
mod keys;
mod ldap;
mod login;
mod login_throttle;
mod meet;
mod metrics;
mod page_headers;
mod password_grant;
mod profiles;
mod prompt;
mod provisional;
mod rate_limits;
mod redirect_uri;
mod refresh;
mod registration_rules;
mod review;
mod revocation;
mod revocation_feed;
mod scim;
mod secrets_at_rest;
mod session;
mod token_endpoint;
mod trueconf;
