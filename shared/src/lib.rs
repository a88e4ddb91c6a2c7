//! The format of Anteroom's tokens: scopes, claims, keys, signing and verification.
//!
//! Both servers speak through this crate and through HTTP, and through nothing else. It knows no
//! web framework, no database and no clock: the time is always passed in, in unix seconds.
//!
//! | module | what | RFC |
//! |---|---|---|
//! | [`catalogue`] | every permission, in words for people | |
//! | [`scope`] | scope values, and what one implies | 6749 3.3 |
//! | [`claims`] | the claims of an access token | 9068 2.2 |
//! | [`key`] | private and public keys, JWK, thumbprints | 7517, 7638 |
//! | [`introspection`] | answers of introspection as signed JWTs | 9701 |
//! | [`jwe`] | encrypting to a key, and reading it | 7516 |
//! | [`sign`] | issuing | 7515 |
//! | [`verify`] | checking | 9068 4, 8725 |
//! | [`unverified`] | looking at a token before trusting it | |
//! | [`provider`] | the cryptography behind `jsonwebtoken` | |

pub mod catalogue;
pub mod claims;
pub mod introspection;
pub mod jwe;
pub mod key;
pub mod provider;
pub mod scope;
pub mod sign;
pub mod unverified;
pub mod verify;
