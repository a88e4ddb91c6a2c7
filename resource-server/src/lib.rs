//! Anteroom's resource server: verifies access tokens and serves meeting rooms.
//!
//! Imports go downward only (`tests/layering.rs` holds them to it):
//! `main -> doctor -> server -> routes -> doors, endpoints, webapp -> bearer -> http -> state -> directory, sign_in
//! -> documents, livekit, pages, verification -> store -> telemetry -> domain, config, paths`.

pub mod bearer;
pub mod config;
pub mod directory;
pub mod doctor;
pub mod documents;
pub mod domain;
pub mod doors;
pub mod endpoints;
pub mod http;
pub mod livekit;
pub mod pages;
pub mod paths;
pub mod routes;
pub mod server;
pub mod sign_in;
pub mod state;
pub mod store;
pub mod telemetry;
pub mod verification;
pub mod webapp;
