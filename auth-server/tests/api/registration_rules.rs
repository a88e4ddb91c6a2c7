//! Which redirect URIs can be registered at all: the rules, and that the command line applies them.

use std::process::Command;

use auth_server::protocol::redirect::{ClientKind, check_registration};

const CONFIDENTIAL: ClientKind = ClientKind {
    public: false,
    strict_urls: false,
};
const NATIVE: ClientKind = ClientKind {
    public: true,
    strict_urls: false,
};
const STRICT: ClientKind = ClientKind {
    public: false,
    strict_urls: true,
};

/// A15, A29, G5: refused for every kind of client.
#[test]
fn never_registered() {
    let long = format!("https://app.example/{}", "x".repeat(2000));
    for uri in [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "javascript://app.example/%0aalert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://app.example/1",
        "about:blank",
        "filesystem:https://app.example/x",
        "ftp://app.example/",
        "ws://app.example/",
        "mailto:a@app.example",
        "custom:/callback",
        "http://app.example/callback",
        "http://192.0.2.1/callback",
        "http://10.0.0.1/callback",
        "http://localhost.evil.example/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://[::2]/callback",
        "http://0.0.0.0/callback",
        "https://app.example/callback#",
        "https://app.example/callback#fragment",
        "https://*.app.example/callback",
        "https://app.example/*",
        "https://user@app.example/callback",
        "https://user:pass@app.example/callback",
        "https://:pass@app.example/callback",
        "https://app.example\\@evil.example/",
        "https://app.example/call back",
        " https://app.example/callback",
        "https://app.example/callback\n",
        "https://app.example/\u{0}",
        "https://app.example/caf\u{e9}",
        "https://",
        "//app.example/callback",
        "/callback",
        "callback",
        "",
        &long,
    ] {
        for kind in [CONFIDENTIAL, NATIVE, STRICT] {
            assert!(check_registration(uri, kind).is_err(), "{uri:?} {kind:?}");
        }
    }
}

/// A15, RFC 8252 7: https, plain http on this machine alone, and private schemes for native clients alone.
#[test]
fn who_may_register_what() {
    for (uri, confidential, native, strict) in [
        ("https://app.example/callback", true, true, true),
        ("https://app.example:8443/callback?a=b", true, true, true),
        ("https://localhost/", true, true, true),
        ("https://192.0.2.1/callback", true, true, false),
        ("https://[2001:db8::1]/callback", true, true, false),
        ("http://localhost:3000/callback", true, true, false),
        ("http://127.0.0.1/callback", true, true, false),
        ("http://127.0.0.1:3000/callback", true, true, false),
        ("http://[::1]/callback", true, true, false),
        ("com.example.app:/callback", false, true, false),
        ("com.example.app://callback", false, true, false),
        ("https://app.example/?sessionId=1", true, true, false),
        ("https://app.example/?token=1", true, true, false),
        ("https://app.example/?a=b&clientId=1", true, true, false),
        ("https://app.example/?%74oken=1", true, true, false),
        ("https://app.example/?redirect_uri=x", true, true, false),
        ("https://app.example/?success", true, true, false),
        ("https://app.example/token", true, true, true),
    ] {
        for (kind, allowed) in [(CONFIDENTIAL, confidential), (NATIVE, native), (STRICT, strict)] {
            assert_eq!(check_registration(uri, kind).is_ok(), allowed, "{uri} {kind:?}");
        }
    }
}

/// A15, A29: `app add` refuses what the rules refuse, says why in one line, and registers nothing.
#[test]
fn the_command_line_applies_the_rules() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let add = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_auth-server"))
            .args(["app", "add", "--name", "Demo", "--json"])
            .args(arguments)
            .current_dir(folder.path())
            .env_clear()
            .output()
            .expect("the command runs")
    };
    for (arguments, why) in [
        (
            &["--profile", "standard", "--redirect-uri", "http://app.example/"][..],
            "https",
        ),
        (
            &["--profile", "standard", "--redirect-uri", "javascript:alert(1)"],
            "javascript",
        ),
        (
            &[
                "--profile",
                "standard",
                "--redirect-uri",
                "https://app.example/#x",
            ],
            "fragment",
        ),
        (
            &["--profile", "standard", "--redirect-uri", "com.example.app:/cb"],
            "scheme",
        ),
        (
            &["--profile", "jiomeet", "--redirect-uri", "http://localhost/cb"],
            "https",
        ),
        (
            &[
                "--profile",
                "standard",
                "--redirect-uri",
                "https://a.example/",
                "--redirect-uri",
                "https://*.b.example/",
            ],
            "wildcards",
        ),
    ] {
        let done = add(arguments);
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(!done.status.success(), "{arguments:?}");
        assert!(
            said.contains(why) && said.trim().lines().count() == 1,
            "{arguments:?}: {said}"
        );
        assert!(done.stdout.is_empty());
    }
    let done = add(&[
        "--profile",
        "standard",
        "--public",
        "--redirect-uri",
        "com.example.app:/cb",
    ]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let listed = Command::new(env!("CARGO_BIN_EXE_auth-server"))
        .args(["app", "list", "--json"])
        .current_dir(folder.path())
        .env_clear()
        .output()
        .expect("the command runs");
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
}
