//! Anteroom's authorization server.

pub mod commands;
pub mod config;
pub mod console;
pub mod dialects;
pub mod domain;
pub mod endpoints;
pub mod engine;
pub mod flows;
pub mod http;
pub mod keys;
pub mod ldap;
pub mod mail;
pub mod mint;
pub mod outbound;
pub mod pages;
pub mod passkeys;
pub mod passwords;
pub mod paths;
pub mod protocol;
pub mod routes;
pub mod state;
pub mod store;
pub mod telemetry;
