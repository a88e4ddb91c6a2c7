//! Anteroom's authorization server.

pub mod commands;
pub mod config;
pub mod dialects;
