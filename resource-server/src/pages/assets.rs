//! The static files of the pages, embedded in the binary.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A static file, ready to be served.
#[derive(Debug)]
pub struct Asset {
    name: &'static str,
    /// The `Content-Type` header.
    pub content_type: &'static str,
    /// The body.
    pub bytes: &'static [u8],
    version: String,
}

impl Asset {
    fn new(name: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Self {
        Self {
            name,
            content_type,
            bytes,
            version: URL_SAFE_NO_PAD.encode(&digest(&SHA256, bytes).as_ref()[..12]),
        }
    }

    /// The hash of its content: an answer to an address with this hash never changes.
    pub fn version(&self) -> &str {
        &self.version
    }
}

static ASSETS: LazyLock<[Asset; 2]> = LazyLock::new(|| {
    [
        Asset::new(
            "anteroom.css",
            "text/css; charset=utf-8",
            include_bytes!("../../../templates/assets/anteroom.css"),
        ),
        Asset::new(
            "anteroom.svg",
            "image/svg+xml",
            include_bytes!("../../../templates/assets/anteroom.svg"),
        ),
    ]
});

/// The file of this name, if there is one.
pub fn asset(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}
