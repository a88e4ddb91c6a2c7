//! The static files of the pages, embedded in the binary.

use std::fmt::Write as _;
use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};

/// A static file, ready to be served.
#[derive(Debug)]
pub struct Asset {
    name: &'static str,
    /// The `Content-Type` header.
    pub content_type: &'static str,
    /// The body.
    pub bytes: &'static [u8],
    /// The quoted `ETag` header. The same value, unquoted, is the `v` parameter of the URL that pages
    /// use, so an answer to the current `v` may be cached as immutable.
    pub etag: String,
}

impl Asset {
    fn new(name: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Self {
        let mut etag = String::from("\"");
        for byte in digest(&SHA256, bytes).as_ref().iter().take(8) {
            let _infallible = write!(etag, "{byte:02x}");
        }
        etag.push('"');
        Self {
            name,
            content_type,
            bytes,
            etag,
        }
    }

    /// The content hash in the URL and, quoted, in the `ETag`.
    pub fn version(&self) -> &str {
        self.etag.trim_matches('"')
    }
}

static ASSETS: LazyLock<[Asset; 6]> = LazyLock::new(|| {
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
        Asset::new(
            "developer.js",
            "text/javascript; charset=utf-8",
            include_bytes!("../../../templates/assets/developer.js"),
        ),
        Asset::new(
            "form-post.js",
            "text/javascript; charset=utf-8",
            include_bytes!("../../../templates/assets/form-post.js"),
        ),
        Asset::new(
            "passkey.js",
            "text/javascript; charset=utf-8",
            include_bytes!("../../../templates/assets/passkey.js"),
        ),
        Asset::new(
            "permissions.js",
            "text/javascript; charset=utf-8",
            include_bytes!("../../../templates/assets/permissions.js"),
        ),
    ]
});

/// The file served at `/assets/{name}`, if there is one.
pub fn asset(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// The URL of a file, with the hash of its content.
pub(super) fn asset_url(name: &str) -> String {
    let version = asset(name).map_or("", Asset::version);
    debug_assert!(!version.is_empty(), "no asset {name}");
    format!("/assets/{name}?v={version}")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{asset, asset_url};

    #[test]
    fn files_are_found_by_name_alone() {
        assert_eq!(
            asset("anteroom.css").unwrap().content_type,
            "text/css; charset=utf-8"
        );
        assert!(asset("../assets/anteroom.css").is_none());
        assert!(asset("").is_none());
    }

    #[test]
    fn the_url_carries_the_hash_of_the_content() {
        let css = asset("anteroom.css").unwrap();
        assert_eq!(css.version().len(), 16);
        assert_eq!(
            asset_url("anteroom.css"),
            format!("/assets/anteroom.css?v={}", css.version())
        );
        assert_ne!(css.etag, asset("anteroom.svg").unwrap().etag);
    }
}
