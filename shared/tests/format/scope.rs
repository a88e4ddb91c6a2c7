//! Scope values and prefixes by example; the laws are in `properties`.

use token_format::scope::{MAX_SCOPE_LENGTH, MissingBaseScope, ScopeError, ScopePrefix, ScopeSet};

fn set(scope: &str) -> ScopeSet {
    scope.parse().unwrap()
}

#[test]
fn order_and_repetition_do_not_matter() {
    assert_eq!(set("b a  b "), set("a b"));
    assert_eq!(set("b a").to_string(), "a b");
    assert_eq!((set("a b").len(), set("").len()), (2, 0));
    assert!(set("").is_empty() && set(" ").is_empty() && ScopeSet::default() == set(""));
    assert_eq!(format!("{:?}", set("b a")), r#"{"a", "b"}"#);
}

#[test]
fn characters_outside_the_rfcs_are_refused_with_their_place() {
    for character in ['"', '\\', '\t', '\n', '\u{0}', '\u{7f}', 'é', '\u{a0}'] {
        let error = ScopeError::InvalidCharacter {
            position: 2,
            character,
        };
        assert_eq!(ScopeSet::parse(&format!("a {character}b")), Err(error));
    }
    for character in ['!', '#', '[', ']', '~', ':', '.', '*'] {
        assert!(set(&character.to_string()).contains(&character.to_string()));
    }
    let space = ScopeError::InvalidCharacter {
        position: 1,
        character: ' ',
    };
    assert_eq!(set("a").insert("b c"), Err(space));
}

#[test]
fn length_is_bounded_however_a_set_is_made() {
    let longest = "x".repeat(MAX_SCOPE_LENGTH);
    assert!(ScopeSet::parse(&longest).is_ok());
    assert_eq!(ScopeSet::parse(&format!("{longest}x")), Err(ScopeError::TooLong));
    assert_eq!(set(&longest).insert("y"), Err(ScopeError::TooLong));
    let many: ScopeSet = (0..10_000).map(|number| format!("scope-{number}")).collect();
    assert!(many.as_str().len() <= MAX_SCOPE_LENGTH && many.contains("scope-0"));
}

#[test]
fn collecting_leaves_out_what_is_no_value() {
    let collected: ScopeSet = ["a", "b c", "", "d\"", "e"].into_iter().collect();
    assert_eq!(collected, set("a e"));
}

/// S3.49
#[test]
fn s3_49_a_general_permission_covers_reading_and_writing() {
    let general = set("users conferences.participants");
    for required in [
        "users",
        "users:read",
        "users:write",
        "conferences.participants:read",
        "conferences.participants:write",
    ] {
        assert!(general.covers(required), "{required}");
    }
    for required in [
        "users:delete",
        "users:",
        "users:read:all",
        "rooms",
        "rooms:read",
        "user",
        "",
    ] {
        assert!(!general.covers(required), "{required}");
    }
    assert!(!set("user").covers("user:read"), "an API key goes with it");
    assert!(!set("users:read").covers("users") && !set("users:read").covers("users:write"));
    assert!(!set("users:read users:write").covers("users"));
}

/// S3.50
#[test]
fn s3_50_a_permission_does_not_cover_those_below_a_dot() {
    let general = set("users conferences");
    for required in [
        "users.avatar",
        "users.avatar:read",
        "users.avatar:write",
        "conferences.participants:read",
    ] {
        assert!(!general.covers(required), "{required}");
    }
}

#[test]
fn a_permission_with_a_suffix_covers_itself_alone() {
    assert!(!set("rooms:list").covers("rooms:list:read"));
    assert!(set("rooms:list").covers("rooms:list") && !set("rooms:list").covers("rooms:read"));
}

/// S0.18
#[test]
fn s0_18_the_prefix_is_stripped() {
    let prefix = ScopePrefix::new("lasuite_visio");
    let stripped = prefix.strip(&set("lasuite_visio lasuite_visio:rooms:list openid"));
    assert_eq!(stripped, Ok(set("lasuite_visio openid rooms:list")));
    assert_eq!(ScopePrefix::new("lasuite_visio:"), prefix);
    assert_eq!(prefix.base_scope(), "lasuite_visio");
}

#[test]
fn only_the_whole_prefix_is_stripped() {
    let prefix = ScopePrefix::new("lasuite_visio");
    for untouched in [
        "rooms:list",
        "lasuite_visio2:rooms:list",
        "lasuite_visio.rooms:list",
        "lasuite:rooms",
        "LASUITE_VISIO:rooms",
        "x:lasuite_visio:rooms",
        "lasuite_visio:",
        "",
    ] {
        assert_eq!(prefix.strip(&set(untouched)), Ok(set(untouched)));
    }
    let none = ScopePrefix::new("");
    assert_eq!(none.strip(&set(":a b:c")), Ok(set(":a b:c")));
}

/// S0.10
#[test]
fn s0_10_prefixed_scopes_are_refused_without_the_base_scope() {
    let prefix = ScopePrefix::new("lasuite_visio");
    let missing = MissingBaseScope {
        base: "lasuite_visio".into(),
    };
    for scope in [
        "lasuite_visio:rooms:list",
        "lasuite_visio:rooms:list rooms:list",
        "lasuite_visio:lasuite_visio",
    ] {
        assert_eq!(prefix.strip(&set(scope)), Err(missing.clone()));
    }
}
