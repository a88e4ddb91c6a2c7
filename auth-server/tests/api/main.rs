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
mod account;
mod account_passkeys;
mod account_security;
mod admin_api;
mod admin_sending;
mod authorization_code;
mod authorize;
mod authorize_params;
mod catalogue;
mod client_authentication;
mod client_credentials;
mod code;
mod consent;
mod consent_scope;
mod console_admin_roles;
mod console_applications;
mod console_audit;
mod console_developer;
mod console_every_route;
mod console_keys;
mod console_people;
mod console_review;
mod delegation;
mod dialects;
mod discovery;
mod documentation;
mod engine_defects;
mod error_ids;
mod findings;
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
mod mail;
mod meet;
mod metrics;
mod outbound;
mod page_headers;
mod password_grant;
mod password_reset;
mod profiles;
mod prompt;
mod provisional;
mod rate_limits;
mod redirect_uri;
mod refresh;
mod registration_rules;
mod registry;
mod revocation;
mod revocation_feed;
mod scim;
mod second_factor;
mod second_factor_at_once;
mod second_factor_guesses;
mod second_factor_passkeys;
mod second_factor_required;
mod secrets_at_rest;
mod session;
mod token_endpoint;
mod trueconf;
mod webhooks;
