//! Laws that hold for all inputs.

use std::collections::BTreeSet;

use proptest::prelude::*;
use token_format::claims::{AccessClaims, Audience, Confirmation};
use token_format::key::Algorithm;
use token_format::scope::{ScopePrefix, ScopeSet};
use token_format::unverified::UnverifiedToken;
use uuid::Uuid;

use crate::support::{claims, key, verify};

fn scope_token() -> impl Strategy<Value = String> {
    prop_oneof![
        "[!#-\\[\\]-~]{1,12}",
        "[a-c](\\.[a-c])?(:(read|write|list))?",
        "p:[a-c]{1,3}"
    ]
}

fn scope_set() -> impl Strategy<Value = ScopeSet> {
    prop::collection::vec(scope_token(), 0..8).prop_map(|values| values.into_iter().collect())
}

prop_compose! {
    fn access_claims()(
        texts in prop::array::uniform5(any::<String>()),
        aud in prop_oneof![
            any::<String>().prop_map(Audience::One),
            prop::collection::vec(any::<String>(), 0..4).prop_map(Audience::Many),
        ],
        (exp, iat, auth_time) in any::<(i64, i64, Option<i64>)>(),
        scope in scope_set(),
        user_id in proptest::option::of(any::<u128>().prop_map(Uuid::from_u128)),
        delegated in any::<bool>(),
        (email, sid, jkt) in any::<(Option<String>, Option<String>, Option<String>)>(),
    ) -> AccessClaims {
        let [iss, sub, jti, client_id, _] = texts;
        let cnf = jkt.map(|jkt| Confirmation { jkt });
        AccessClaims {
            iss, aud, sub, exp, iat, jti, client_id, scope, auth_time, user_id, delegated, email,
            sid, cnf,
        }
    }
}

proptest! {
    #[test]
    fn scope_survives_display_and_parse(set in scope_set()) {
        prop_assert_eq!(&ScopeSet::parse(&set.to_string()).unwrap(), &set);
        let json = serde_json::to_string(&set).unwrap();
        prop_assert_eq!(&serde_json::from_str::<ScopeSet>(&json).unwrap(), &set);
    }

    #[test]
    fn scope_parsing_never_panics_and_keeps_every_value(text in any::<String>()) {
        if let Ok(set) = ScopeSet::parse(&text) {
            let values: BTreeSet<&str> = text.split(' ').filter(|value| !value.is_empty()).collect();
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), values.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn scope_sets_obey_set_algebra(a in scope_set(), b in scope_set()) {
        let (union, common) = (a.union(&b), a.intersection(&b));
        prop_assert!(a.is_subset_of(&union) && b.is_subset_of(&union));
        prop_assert!(common.is_subset_of(&a) && common.is_subset_of(&b));
        prop_assert_eq!(a.difference(&b).union(&common), a.clone());
        prop_assert!(a.difference(&b).intersection(&b).is_empty());
        prop_assert_eq!(union.len() + common.len(), a.len() + b.len());
        let mut grown = a.clone();
        for value in b.iter() {
            grown.insert(value).unwrap();
        }
        prop_assert_eq!(grown, union);
    }

    #[test]
    fn covering_is_containing_or_the_general_permission(set in scope_set(), required in scope_token()) {
        let general = match required.rsplit_once(':') {
            Some((general, "read" | "write")) if !general.contains(':') && general != "user" => {
                set.contains(general)
            }
            _ => false,
        };
        prop_assert_eq!(set.covers(&required), set.contains(&required) || general);
    }

    #[test]
    fn a_larger_set_covers_no_less(a in scope_set(), b in scope_set(), required in scope_token()) {
        prop_assert!(!a.covers(&required) || a.union(&b).covers(&required));
    }

    #[test]
    fn a_set_covers_its_own(set in scope_set()) {
        prop_assert!(set.iter().all(|value| set.covers(value)));
        prop_assert!(ScopeSet::default().iter().all(|value| !set.covers(value)));
    }

    /// S0.10, S0.18
    #[test]
    fn stripping_takes_the_prefix_off_and_nothing_else(set in scope_set()) {
        let prefix = ScopePrefix::new("p");
        let expected: ScopeSet = set.iter().map(|v| v.strip_prefix("p:").unwrap_or(v)).collect();
        let prefixed = set.iter().any(|value| value.starts_with("p:") && value.len() > 2);
        match prefix.strip(&set) {
            Ok(stripped) if prefixed => prop_assert!(set.contains("p") && stripped == expected),
            Ok(stripped) => prop_assert_eq!(stripped, set),
            Err(error) => prop_assert!(prefixed && !set.contains("p") && error.base == "p"),
        }
    }

    #[test]
    fn with_the_base_scope_prefixing_and_stripping_cancel(set in scope_set()) {
        let plain: ScopeSet = set.iter().filter(|value| !value.starts_with("p:")).collect();
        let mut prefixed: ScopeSet = plain.iter().map(|value| format!("p:{value}")).collect();
        prefixed.insert("p").unwrap();
        let stripped = ScopePrefix::new("p").strip(&prefixed).unwrap();
        prop_assert_eq!(stripped.difference(&plain).union(&plain), stripped.clone());
        prop_assert!(plain.is_subset_of(&stripped) && stripped.contains("p"));
    }

    #[test]
    fn claims_survive_json(claims in access_claims()) {
        let json = serde_json::to_string(&claims).unwrap();
        prop_assert_eq!(serde_json::from_str::<AccessClaims>(&json).unwrap(), claims);
    }

    #[test]
    fn the_moment_of_issue_never_panics(claims in access_claims(), jti in any::<u128>()) {
        claims.issued_at_millis();
        AccessClaims { jti: Uuid::from_u128(jti).to_string(), ..claims }.issued_at_millis();
    }

    #[test]
    fn verifying_refuses_arbitrary_strings(token in any::<String>()) {
        prop_assert!(verify(&token).is_err());
        drop(UnverifiedToken::parse(&token).map(|token| token.claims()));
    }

    #[test]
    fn verifying_refuses_arbitrary_segments(token in "[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,90}") {
        prop_assert!(verify(&token).is_err());
        drop(UnverifiedToken::parse(&token).map(|token| token.claims()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A changed token verifies to nothing, or – were a change without meaning possible – to what
    /// it said before.
    #[test]
    fn a_mutated_token_never_says_something_else(
        which in prop::sample::select(Algorithm::ALL.to_vec()),
        places in prop::collection::vec((any::<prop::sample::Index>(), "[ -~]", 0..3), 1..4),
    ) {
        let good = key(which).sign("at+jwt", &claims()).unwrap();
        let mut mutated = good.clone();
        for (place, text, what) in places {
            let at = place.index(mutated.len());
            match what {
                0 => mutated.insert_str(at, &text),
                1 => mutated.replace_range(at..=at, &text),
                _ => drop(mutated.remove(at)),
            }
        }
        match verify(&mutated) {
            Ok(verified) => prop_assert!(mutated == good && verified == claims()),
            Err(error) => prop_assert!(mutated != good, "{}", error),
        }
    }
}
