//! Imports run one way. rustc allows cycles between modules, so this test reads the `crate::` paths.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// The layers from the bottom up: a module may name those below its own, and itself.
const LAYERS: [&[&str]; 13] = [
    &["domain", "config", "paths", "telemetry"],
    &["protocol"],
    &["store"],
    &["keys", "ldap", "mail", "outbound", "passkeys", "passwords"],
    &["mint"],
    &["engine"],
    &["flows"],
    &["pages"],
    &["state"],
    &["http"],
    &["endpoints", "dialects", "console"],
    &["routes"],
    &["commands"],
];

/// Crates that only some modules may name: what they are for lives in one place.
const CONFINED: [(&str, &[&str]); 9] = [
    ("ldap3", &["ldap"]),
    ("lettre", &["mail"]),
    ("oxide_auth", &["engine"]),
    ("redis", &["store"]),
    ("reqwest", &["outbound"]),
    ("sqlx", &["store", "state"]),
    ("askama", &["pages", "http"]),
    ("argon2", &["passwords"]),
    ("webauthn_rs", &["passkeys"]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The top-level module of a file, and its text without comments and without its unit tests.
fn modules() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    files
        .into_iter()
        .filter_map(|path| {
            let inside = path.strip_prefix(&root).expect("below src").to_owned();
            let first = inside
                .components()
                .next()
                .expect("a name")
                .as_os_str()
                .to_string_lossy()
                .into_owned();
            let module = first.trim_end_matches(".rs").to_owned();
            let text = fs::read_to_string(&path).expect("a source file");
            let code: Vec<&str> = text
                .split("#[cfg(test)]\nmod tests {")
                .next()
                .unwrap_or_default()
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect();
            (module != "lib" && module != "main").then(|| (module, inside, code.join("\n")))
        })
        .collect()
}

fn layer(module: &str) -> usize {
    LAYERS
        .iter()
        .position(|layer| layer.contains(&module))
        .unwrap_or_else(|| panic!("module {module} has no layer: give it one"))
}

/// Names that follow `prefix` in a text.
fn names_after<'a>(text: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(prefix).map(move |(at, _)| {
        let rest = &text[at + prefix.len()..];
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        &rest[..end]
    })
}

#[test]
fn imports_run_downward() {
    let mut upward = Vec::new();
    for (module, path, code) in modules() {
        for named in names_after(&code, "crate::").filter(|named| !named.is_empty() && *named != module) {
            // Macros live at the crate's root.
            if named == "on_database" {
                continue;
            }
            if layer(named) >= layer(&module) {
                upward.push(format!("{} names crate::{named}", path.display()));
            }
        }
    }
    assert!(
        upward.is_empty(),
        "imports that do not run downward:\n{}",
        upward.join("\n")
    );
}

#[test]
fn crates_stay_where_they_belong() {
    let mut strays = Vec::new();
    for (module, path, code) in modules() {
        for (name, homes) in CONFINED {
            let used = code.contains(&format!("use {name}::")) || code.contains(&format!(" {name}::"));
            if used && !homes.contains(&module.as_str()) {
                strays.push(format!("{} names {name}", path.display()));
            }
        }
    }
    assert!(
        strays.is_empty(),
        "crates outside their home:\n{}",
        strays.join("\n")
    );
}
