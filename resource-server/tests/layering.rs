//! Imports go downward only. rustc allows cycles between modules, so this reads the `use` lines.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

/// From the top down; modules on one line do not know each other.
const LAYERS: [&[&str]; 14] = [
    &["main"],
    &["doctor", "server"],
    &["routes"],
    &["doors", "endpoints", "webapp"],
    &["bearer"],
    &["http"],
    &["state"],
    &["directory", "sign_in"],
    &["documents", "livekit", "pages", "verification"],
    &["store"],
    &["telemetry"],
    &["domain"],
    &["config"],
    &["paths"],
];

fn layer(module: &str) -> usize {
    LAYERS
        .iter()
        .position(|layer| layer.contains(&module))
        .unwrap_or_else(|| panic!("module {module} has no place in the import order"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// The first part after `crate::` of everything in the file.
fn imports(text: &str) -> Vec<String> {
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let found = ["crate::", "resource_server::"].into_iter().flat_map(|start| {
        code.split(start).skip(1).map(|rest| {
            rest.chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect::<String>()
        })
    });
    found.filter(|module| !module.is_empty()).collect()
}

#[test]
fn imports_go_downward() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = 0;
    for path in sources(&src) {
        let relative = path.strip_prefix(&src).unwrap();
        let first = relative
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_str()
            .unwrap();
        let module = first.trim_end_matches(".rs");
        if module == "lib" {
            continue;
        }
        for import in imports(&fs::read_to_string(&path).unwrap()) {
            seen += 1;
            assert!(
                import == module || layer(&import) > layer(module),
                "{} imports {import}, which is not below {module}",
                relative.display()
            );
        }
    }
    assert!(
        seen > 50,
        "only {seen} imports were found: does this test still read them?"
    );
}

#[test]
fn only_the_guard_names_oxide_auth() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in sources(&src) {
        let is_guard = path.strip_prefix(&src).unwrap().starts_with("bearer");
        let names = fs::read_to_string(&path).unwrap().contains("oxide_auth");
        assert!(is_guard || !names, "{}", path.display());
    }
}
