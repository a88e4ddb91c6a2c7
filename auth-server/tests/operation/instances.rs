//! H10: two processes on one set of stores.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use crate::harness::{Browser, EMAIL, PASSWORD, Storage, claims, read};
use crate::installation::{Installation, Instance, Registered};

struct Two {
    registered: Registered,
    first: Instance,
    second: Instance,
    _at: Installation,
}

async fn two(storage: Storage, settings: &[(&str, &str)]) -> Two {
    let mut at = Installation::on(storage).await;
    for (name, value) in settings {
        at.set(name, value);
    }
    let registered = at.register().await;
    Two {
        registered,
        first: at.serve().await,
        second: at.serve_beside().await,
        _at: at,
    }
}

/// A session, a consent, a code and its tokens are everybody's; who is first has it.
async fn work_goes_on_at_the_other(storage: Storage) {
    let two = two(storage, &[]).await;
    let (here, there) = (
        two.registered.application.via(&two.first.url),
        two.registered.application.via(&two.second.url),
    );
    let browser = two.first.signed_in().await;
    let (code, verifier) = two.first.code(&here, &browser).await;
    let tokens = there.exchange(&code, &verifier).await.ok();
    assert_eq!(claims(tokens.access())["iss"], two.first.url, "one issuer");
    for url in [&two.first.url, &two.second.url] {
        assert_eq!(two.registered.introspect(url, tokens.access()).await, Some(true));
    }
    // The session and the consent were given at the first one.
    let (request, _) = there.request(&[]);
    let callback = browser.via(&two.second.url).get_once(&request).await.callback();
    assert!(callback.get("code").is_some(), "{callback:?}");
    // A sign-in form of one instance is taken by the other.
    let fresh = two.first.browser();
    let form = fresh.get("/login").await.sign_in_form(EMAIL, PASSWORD);
    assert_eq!(fresh.via(&two.second.url).submit_once(&form).await.status, 303);
    // Used there, so used here.
    assert_eq!(here.exchange(&code, &verifier).await.error(), "invalid_grant");
    assert_eq!(
        two.registered.introspect(&two.first.url, tokens.access()).await,
        Some(false)
    );
}

/// C17: of 20 redemptions at two instances at once, one succeeds.
async fn a_code_is_single_use(storage: Storage) {
    let two = two(storage, &[]).await;
    let browser = two.first.signed_in().await;
    let (code, verifier) = two.first.code(&two.registered.application, &browser).await;
    let [here, there] = [&two.first, &two.second].map(|at| two.registered.application.via(&at.url));
    let answers = join_all((0..20).map(|turn| {
        let application = if turn % 2 == 0 { &here } else { &there };
        application.exchange(&code, &verifier)
    }))
    .await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    assert!(
        statuses.iter().all(|status| [200, 400].contains(status)),
        "{statuses:?}"
    );
}

/// D3: of 20 refreshes at two instances at once, within the grace all get the same successor.
async fn rotation_is_shared(storage: Storage) {
    let two = two(storage, &[]).await;
    let browser = two.first.signed_in().await;
    let (code, verifier) = two.first.code(&two.registered.application, &browser).await;
    let [here, there] = [&two.first, &two.second].map(|at| two.registered.application.via(&at.url));
    let first = here.exchange(&code, &verifier).await.ok();
    let answers = join_all((0..20).map(|turn| {
        let application = if turn % 2 == 0 { &here } else { &there };
        application.refresh(first.refresh())
    }))
    .await;
    let successors: HashSet<_> = answers
        .into_iter()
        .map(|answer| answer.ok().refresh().to_owned())
        .collect();
    assert_eq!(successors.len(), 1);
    let next = successors.into_iter().next().expect("a successor");
    let after = there.refresh(&next).await.ok();
    // The successor has been used, so the first one is a replay now, wherever it is shown.
    assert_eq!(here.refresh(first.refresh()).await.error(), "invalid_grant");
    assert_eq!(there.refresh(after.refresh()).await.error(), "invalid_grant");
    assert_eq!(
        two.registered.introspect(&two.second.url, after.access()).await,
        Some(false)
    );
}

/// D1, D3: without grace, at most one chain lives, and the replay ends it.
async fn without_grace_one_chain_at_most(storage: Storage) {
    let two = two(storage, &[("ANTEROOM_TOKENS__REUSE_GRACE_SECONDS", "0")]).await;
    let browser = two.first.signed_in().await;
    let (code, verifier) = two.first.code(&two.registered.application, &browser).await;
    let [here, there] = [&two.first, &two.second].map(|at| two.registered.application.via(&at.url));
    let first = here.exchange(&code, &verifier).await.ok();
    let answers = join_all([&here, &there].map(|application| application.refresh(first.refresh()))).await;
    let good = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(good, 1);
    for answer in &answers {
        if answer.status == 200 {
            assert_eq!(there.refresh(answer.refresh()).await.error(), "invalid_grant");
        }
    }
}

/// B8, E6: limits and revocations.
async fn limits_and_revocations_are_shared(storage: Storage) {
    let settings = [
        ("ANTEROOM_LIMITS__FAILURES_PER_ADDRESS", "8"),
        ("ANTEROOM_LIMITS__SIGN_IN_FAILURES_PER_ACCOUNT_AND_ADDRESS", "4"),
    ];
    let two = two(storage, &settings).await;
    let [here, there] = [&two.first, &two.second].map(|at| two.registered.application.via(&at.url));
    let token = here.token(&[("grant_type", "client_credentials")]).await.ok();
    there.post("/oauth2/revoke", &[("token", token.access())]).await;
    assert_eq!(
        two.registered.introspect(&two.first.url, token.access()).await,
        Some(false)
    );

    for instance in [&two.first, &two.second, &two.first, &two.second] {
        assert_eq!(sign_in(&instance.browser(), "guess").await, 401);
    }
    for instance in [&two.first, &two.second] {
        assert_eq!(sign_in(&instance.browser(), PASSWORD).await, 429);
    }

    let guess = async |url: &str| {
        let request = crate::harness::client()
            .post(format!("{url}/oauth2/token"))
            .basic_auth(&here.client_id, Some("guess"))
            .form(&[("grant_type", "client_credentials")]);
        read(request).await.status
    };
    for url in [&two.first.url, &two.second.url] {
        for _ in 0..4 {
            assert_eq!(guess(url).await, 401);
        }
    }
    for application in [&here, &there] {
        guess(&application.url).await;
        let begun = Instant::now();
        while application
            .token(&[("grant_type", "client_credentials")])
            .await
            .status
            != 429
        {
            assert!(begun.elapsed() < Duration::from_secs(1), "{}", application.url);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn sign_in(browser: &Browser, password: &str) -> u16 {
    let form = browser.get("/login").await.sign_in_form(EMAIL, password);
    browser.submit_once(&form).await.status.as_u16()
}

macro_rules! on_shared_stores {
    ($($name:ident),+ $(,)?) => {
        mod on_postgres_and_redis {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(super::Storage::PostgresRedis).await;
            })+
        }

        mod on_postgres_alone {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(super::Storage::PostgresEmbedded).await;
            })+
        }

        mod on_one_sqlite_file {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(super::Storage::SqliteEmbedded).await;
            })+
        }
    };
}

on_shared_stores! {
    work_goes_on_at_the_other,
    a_code_is_single_use,
    rotation_is_shared,
    without_grace_one_chain_at_most,
    limits_and_revocations_are_shared,
}
