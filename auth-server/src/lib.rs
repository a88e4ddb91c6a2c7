//! Anteroom's authorization server.

pub mod pages;
