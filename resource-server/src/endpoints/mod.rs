//! What is not rooms: probes, figures, descriptions.

pub mod descriptions;
pub mod health;
pub mod metrics;
