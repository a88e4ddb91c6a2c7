//! A server, its issuer, and people who hold tokens.

pub mod app;
pub mod browser;
pub mod database;
pub mod issuer;
pub mod scim;
pub mod token;

pub use app::{App, Reply, eventually};
pub use browser::Browser;
pub use database::Engine;
pub use issuer::Issuer;
pub use token::Person;

/// Makes one test for each database out of a function that takes an [`Engine`].
macro_rules! on_each_database {
    ($($(#[$meta:meta])* async fn $name:ident($engine:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, reason = "which of the file's imports a test needs differs")]
            use super::*;

            async fn run($engine: $crate::harness::Engine) $body

            $(#[$meta])*
            #[tokio::test]
            async fn sqlite() {
                run($crate::harness::Engine::Sqlite).await;
            }

            $(#[$meta])*
            #[tokio::test]
            async fn postgres() {
                if std::env::var_os("ANTEROOM_TEST_SKIP_POSTGRES").is_none() {
                    run($crate::harness::Engine::Postgres).await;
                }
            }
        }
    )*};
}
pub(crate) use on_each_database;
