//! Writes every page to a folder, to be looked at in a browser.

use std::path::Path;

use super::{FRIENDLY, samples};
use crate::pages::Language;
use crate::pages::assets::asset;

/// `GALLERY=/some/folder cargo test -p auth-server --lib render_gallery -- --ignored`; the links expect
/// the folder to be served as the root of a web server.
#[test]
#[ignore = "writes files: run it with GALLERY set to a folder"]
fn render_gallery() {
    let folder = std::env::var_os("GALLERY").unwrap();
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    for name in [
        "anteroom.css",
        "anteroom.svg",
        "developer.js",
        "form-post.js",
        "passkey.js",
        "permissions.js",
    ] {
        std::fs::write(folder.join("assets").join(name), asset(name).unwrap().bytes).unwrap();
    }
    for language in Language::ALL {
        for sample in samples(language, &FRIENDLY) {
            std::fs::write(folder.join(format!("{}.html", sample.name)), sample.html).unwrap();
        }
    }
}
