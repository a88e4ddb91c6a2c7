//! One file per endpoint of the core. Handlers are named by their method.

pub mod assets;
pub mod authorize;
pub mod consent;
pub mod discovery;
pub mod documentation;
pub mod health;
pub mod home;
pub mod introspect;
pub mod jwks;
pub mod language;
pub mod links;
pub mod login;
pub mod logos;
pub mod logout;
pub mod revocations;
pub mod revoke;
pub mod scim;
pub mod style;
pub mod token;
