//! The products' own token endpoints: a vendor's path, credentials, body encoding and error shape, translated to
//! the core's grants. No rule of their own: what a dialect asks for, the flows decide.

pub mod keyed;
