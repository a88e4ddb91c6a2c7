use proptest::prelude::*;

use super::{ClientKind, Mismatch, RedirectTarget, check_registration};

fn found(registered: &[&str], presented: Option<&str>, public: bool) -> Result<RedirectTarget, Mismatch> {
    let registered: Vec<String> = registered.iter().map(|uri| (*uri).to_owned()).collect();
    RedirectTarget::find(&registered, presented, public)
}

/// A3, A6: the reason names the place, counted from 1, in the closest registered URI.
#[test]
fn mismatches_say_why() {
    let two = ["https://app.example/a", "https://other.example/callback"];
    assert_eq!(
        found(&two, Some("https://other.example/callbacK"), false),
        Err(Mismatch::Differs {
            at: 30,
            closest: two[1].to_owned()
        })
    );
    assert_eq!(
        found(&two[..1], Some("https://app.example/a/"), false),
        Err(Mismatch::Differs {
            at: 22,
            closest: two[0].to_owned()
        })
    );
    assert_eq!(found(&two, None, false), Err(Mismatch::Missing { registered: 2 }));
    assert_eq!(found(&[], None, false), Err(Mismatch::Missing { registered: 0 }));
    assert_eq!(
        found(&[], Some("https://a.example/"), false),
        Err(Mismatch::NoneRegistered)
    );
}

/// RFC 6749 4.1.2, 4.1.3: the answer remembers whether the URI was named, and keeps its own query.
#[test]
fn answers_are_appended_to_the_raw_uri() {
    let target = found(&["https://a.example/"], None, false);
    assert!(target.is_ok_and(|target| !target.was_sent()));
    let params = [("code", "a b&c"), ("state", "\u{e9}")];
    for (uri, expected) in [
        (
            "https://a.example/",
            "https://a.example/?code=a+b%26c&state=%C3%A9",
        ),
        ("https://a.example", "https://a.example?code=a+b%26c&state=%C3%A9"),
        (
            "https://a.example/?",
            "https://a.example/?code=a+b%26c&state=%C3%A9",
        ),
        (
            "https://a.example/?x=%2f",
            "https://a.example/?x=%2f&code=a+b%26c&state=%C3%A9",
        ),
        (
            "https://a.example/?x=1&",
            "https://a.example/?x=1&code=a+b%26c&state=%C3%A9",
        ),
        (
            "com.example.app:/cb",
            "com.example.app:/cb?code=a+b%26c&state=%C3%A9",
        ),
    ] {
        let location = found(&[uri], Some(uri), false).map(|target| {
            assert!(target.was_sent());
            target.with_query(&params)
        });
        assert_eq!(location, Ok(expected.to_owned()));
    }
}

/// B6: what the consent page shows of a URI.
#[test]
fn shown_hosts() {
    for (uri, shown, is_https) in [
        ("https://app.example:8443/cb", "app.example", true),
        ("http://127.0.0.1:9/cb", "127.0.0.1", false),
        ("http://[::1]/cb", "[::1]", false),
        ("com.example.app:/cb", "com.example.app:", false),
    ] {
        let target = found(&[uri], Some(uri), true).map(|target| (target.shown_host(), target.is_https()));
        assert_eq!(target, Ok((shown.to_owned(), is_https)));
    }
}

/// Parts from which URIs are put together that are nearly, but not quite, a registered one.
fn near_misses() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "http://",
        "https://",
        "HTTP://",
        "127.0.0.1",
        "[::1]",
        "localhost",
        "app.example",
        "evil.example",
        ":",
        "80",
        "8080",
        "99999",
        "0",
        "/",
        "cb",
        "?",
        "#",
        "@",
        "\\",
        "%2f",
        ".",
        "..",
        "//",
        " ",
        "\0",
        "é",
    ]);
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

/// A port by RFC 3986, and the same URI without it.
fn without_port(uri: &str) -> Option<String> {
    let parsed = url::Url::parse(uri).ok()?;
    let host = parsed.host_str()?;
    let rest = uri.strip_prefix("http://")?.strip_prefix(host)?;
    let rest = match rest.strip_prefix(':') {
        Some(after) => after.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    Some(format!("http://{host}{rest}"))
}

proptest! {
    /// A4: for a confidential client, and for every URI that is not loopback, only equality matches.
    #[test]
    fn only_equality_matches(uri in near_misses(), other in near_misses()) {
        let matched = found(&[&uri], Some(&other), false).is_ok();
        prop_assert_eq!(matched, uri == other);
        let https = format!("https://127.0.0.1:80{uri}");
        let matched = found(&[&https], Some(&other), true).is_ok();
        prop_assert_eq!(matched, https == other);
    }

    /// A5: for a public client, what matches without being equal is http to the same loopback address as a URL
    /// parser sees it, with nothing but the port changed.
    #[test]
    fn only_the_loopback_port_may_differ(tail in near_misses(), other_tail in near_misses(), v6 in any::<bool>()) {
        let host = if v6 { "http://[::1]" } else { "http://127.0.0.1" };
        let (registered, presented) = (format!("{host}{tail}"), format!("{host}{other_tail}"));
        if found(&[&registered], Some(&presented), true).is_ok() && registered != presented {
            let parsed = url::Url::parse(&presented);
            prop_assert!(parsed.is_ok(), "{presented}");
            prop_assert!(parsed.is_ok_and(|url| super::is_loopback(&url)), "{presented}");
            prop_assert_eq!(without_port(&registered), without_port(&presented));
        }
    }

    /// A5: and every port does match.
    #[test]
    fn every_loopback_port_matches(port in any::<u16>(), other in any::<u16>(), path in "(/[a-z]{0,5}(\\?[a-z=]{0,5})?)?") {
        for host in ["http://127.0.0.1", "http://[::1]"] {
            let bare = format!("{host}{path}");
            let registered = format!("{host}:{port}{path}");
            let presented = format!("{host}:{other}{path}");
            for registered in [&bare, &registered] {
                prop_assert!(found(&[registered], Some(&presented), true).is_ok());
                prop_assert_eq!(found(&[registered], Some(&presented), false).is_ok(), registered == &presented);
            }
        }
    }

    /// A15, A29: whatever is registrable is https, or http on this machine, or a private scheme of a native client;
    /// without user, fragment, wildcard, or a character that a header cannot carry.
    #[test]
    fn what_is_registrable_is_safe(uri in near_misses(), public in any::<bool>(), strict_urls in any::<bool>()) {
        if check_registration(&uri, ClientKind { public, strict_urls }).is_ok() {
            let url = url::Url::parse(&uri);
            prop_assert!(url.is_ok());
            if let Ok(url) = url {
                let private = public && !strict_urls && url.scheme().contains('.');
                let safe = match url.scheme() {
                    "https" => true,
                    "http" => super::is_loopback(&url),
                    _ => private,
                };
                prop_assert!(safe, "{uri}");
                prop_assert!(url.username().is_empty() && url.fragment().is_none());
            }
            prop_assert!(uri.bytes().all(|b| b.is_ascii_graphic() && !b"#*\\".contains(&b)), "{uri}");
        }
    }
}
