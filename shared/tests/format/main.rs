//! The token format from outside: what is accepted, what is refused, and what it looks like.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attacks;
mod claims;
mod encryption_keys;
mod expectations;
mod introspection;
mod jwe;
mod keys;
mod properties;
mod scope;
mod support;
mod unverified;
mod vectors;
