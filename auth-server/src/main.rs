//! The authorization server's binary: `auth-server [COMMAND]`.
//!
//! | file | what of which RFC |
//! |---|---|
//! | `endpoints/authorize.rs`, `flows/authorize.rs` | RFC 6749 3.1 and 4.1.1, RFC 7636, RFC 9207, RFC 9700 |
//! | `endpoints/token.rs`, `flows/authorization_code.rs` | RFC 6749 3.2 and 4.1.3 |
//! | `flows/client_credentials.rs` | RFC 6749 4.4 |
//! | `flows/password.rs` | RFC 6749 4.3 |
//! | `flows/refresh_token.rs` | RFC 6749 6, RFC 9700 4.14 |
//! | `dialects/keyed.rs`, `flows/api_key.rs` | API keys, which no RFC knows |
//! | `flows/authenticate.rs`, `http/client_auth.rs` | RFC 6749 2.3 |
//! | `flows/resource.rs` | RFC 8707 |
//! | `endpoints/introspect.rs` | RFC 7662 |
//! | `endpoints/revoke.rs` | RFC 7009 |
//! | `endpoints/scim/`, `protocol/scim/`, `flows/directory/` | RFC 7643, RFC 7644 |
//! | `endpoints/discovery.rs` | RFC 8414 |
//! | `endpoints/jwks.rs`, `keys.rs` | RFC 7517 |
//! | `mint.rs` | RFC 9068 |

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    auth_server::commands::main()
}
