//! Grant `authorization_code`: a code becomes tokens once, for the application, the address and the verifier it
//! was made for.

use std::time::Duration;

use auth_server::domain::policy::Profile;

use crate::harness::{Application, NewApplication, Options, Server, Tokens, pkce};
use crate::harness::{at_once, within_a_second};
use crate::on_every_storage;

const OTHER_CALLBACK: &str = "https://app.example/other";

async fn standard(server: &Server) -> Application {
    server.application(NewApplication::of(Profile::Standard)).await
}

fn redemption<'a>(code: &'a str, redirect_uri: &'a str, verifier: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![("grant_type", "authorization_code"), ("code", code)];
    for (name, value) in [("redirect_uri", redirect_uri), ("code_verifier", verifier)] {
        if !value.is_empty() {
            fields.push((name, value));
        }
    }
    fields
}

/// Nothing of what a code gave may be worth anything.
async fn assert_dead(server: &Server, application: &Application, tokens: &Tokens) {
    assert!(!server.is_active(tokens.access()).await, "the access token lives");
    let refreshed = application.refresh(tokens.refresh()).await;
    assert_eq!(refreshed.error(), "invalid_grant");
}

on_every_storage!(
    /// C16, C17, S4.62, defect 19: of twenty redemptions at once, by two instances, one succeeds; the others are
    /// replays, and take even tokens along that were still being made.
    twenty_redemptions_at_once,
    |server| async move {
        let application = standard(&server).await;
        let (_, second) = server.another_instance().await;
        let (code, verifier) = application.code(&server, &[]).await;
        let answers = at_once((0..20).map(|turn| {
            let application = if turn % 2 == 0 {
                application.clone()
            } else {
                application.via(&second)
            };
            let (code, verifier) = (code.clone(), verifier.clone());
            async move { application.exchange(&code, &verifier).await }
        }))
        .await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1, "{lost:?}");
        for answer in &lost {
            assert_eq!((answer.status, answer.error()), (400, "invalid_grant"));
        }
        assert_dead(&server, &application, &won[0]).await;
        assert_eq!(server.audit("code_replay").await.len(), 19);
    }
);

on_every_storage!(
    /// C16, S4.62, H8: a used code stays used over a restart, and its replay there takes the tokens along.
    replay_after_a_restart,
    |server| async move {
        let application = standard(&server).await;
        let (code, verifier) = application.code(&server, &[]).await;
        let tokens = application.exchange(&code, &verifier).await.ok();
        assert!(server.is_active(tokens.access()).await);
        server.state.stopping.cancel();
        let (state, url) = server.another_instance().await;
        let restarted = application.via(&url);
        assert_eq!(
            restarted.exchange(&code, &verifier).await.error(),
            "invalid_grant"
        );
        assert_eq!(restarted.refresh(tokens.refresh()).await.error(), "invalid_grant");
        let lines = server.audit("code_replay").await;
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].client_id.as_deref(), Some(application.client_id.as_str()));
        state.stopping.cancel();
    }
);

on_every_storage!(
    /// C13, C20: another application's attempt is refused and burns the code, which its owner cannot use any more.
    another_application,
    |server| async move {
        let (owner, other) = (standard(&server).await, standard(&server).await);
        let (code, verifier) = owner.code(&server, &[]).await;
        let answer = other.exchange(&code, &verifier).await;
        assert_eq!((answer.status, answer.error()), (400, "invalid_grant"));
        let late = owner.exchange(&code, &verifier).await;
        assert_eq!(late.error(), "invalid_grant");
    }
);

/// C14, S4.50, defect 12: the redirect URI is compared byte for byte, and a wrong one burns the code.
#[tokio::test(flavor = "multi_thread")]
async fn redirect_uri_differs() {
    let server = Server::start().await;
    let uris = ["https://app.example/callback", OTHER_CALLBACK];
    let new = NewApplication::of(Profile::Standard).redirect_uris(&uris);
    let application = server.application(new).await;
    for wrong in [
        OTHER_CALLBACK,
        "https://app.example/callback/",
        "https://APP.example/callback",
        "https://app.example:443/callback",
        "https://app.example/%63allback",
        "https://app.example/./callback",
        "",
    ] {
        let (code, verifier) = application.code(&server, &[]).await;
        let answer = application.token(&redemption(&code, wrong, &verifier)).await;
        assert_eq!(
            (answer.status, answer.error()),
            (400, "invalid_grant"),
            "{wrong:?}"
        );
        let right = application.exchange(&code, &verifier).await;
        assert_eq!(right.error(), "invalid_grant", "{wrong:?} did not burn the code");
    }
}

/// C14, defect 12: what the authorization request did not name (one is registered), the exchange need not name
/// either; when it does, it must be that one.
#[tokio::test(flavor = "multi_thread")]
async fn redirect_uri_never_named() {
    let server = Server::start().await;
    let application = standard(&server).await;
    for (sent, status) in [
        ("", 200),
        (application.redirect_uri.as_str(), 200),
        (OTHER_CALLBACK, 400),
    ] {
        let (code, verifier) = application.code(&server, &[("redirect_uri", "")]).await;
        let answer = application.token(&redemption(&code, sent, &verifier)).await;
        assert_eq!(answer.status, status, "{sent:?}: {}", answer.body);
    }
}

on_every_storage!(
    /// C15, A28, S4.47: a code lives as long as its profile says, by the server's clock, and not longer.
    expired,
    |server| async move {
        for (profile, seconds) in [(Profile::Standard, 60), (Profile::Jiomeet, 300)] {
            for (age, status) in [(seconds - 1, 200), (seconds, 400)] {
                let application = server.application(NewApplication::of(profile)).await;
                let (code, verifier) = application.code(&server, &[]).await;
                server.advance(Duration::from_secs(age));
                let answer = application.exchange(&code, &verifier).await;
                assert_eq!(answer.status, status, "{profile} after {age} s: {}", answer.body);
                if status == 400 {
                    assert_eq!(answer.error(), "invalid_grant");
                }
            }
        }
    },
    manual_clock
);

/// C18, C20, defect 2, defect 14: a verifier that is missing, wrong, or not of RFC 7636's shape is
/// invalid_grant; one that could have been right burns the code.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_verifier() {
    let server = Server::start().await;
    let application = standard(&server).await;
    let (other, _) = pkce();
    let (short, long) = ("a".repeat(42), "a".repeat(129));
    for (wrong, burns) in [
        ("", true),
        (other.as_str(), true),
        (short.as_str(), false),
        (long.as_str(), false),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa aaa", false),
    ] {
        let (code, verifier) = application.code(&server, &[]).await;
        let fields = redemption(&code, &application.redirect_uri, wrong);
        let answer = application.token(&fields).await;
        assert_eq!(
            (answer.status, answer.error()),
            (400, "invalid_grant"),
            "{wrong:?}"
        );
        let right = application.exchange(&code, &verifier).await;
        assert_eq!(right.status == 400, burns, "{wrong:?}: {}", right.body);
    }
}

/// C18, defect 14: the challenge itself sent as verifier (what `plain` would take) is refused.
#[tokio::test(flavor = "multi_thread")]
async fn the_challenge_is_no_verifier() {
    let server = Server::start().await;
    let application = standard(&server).await;
    let (_, challenge) = pkce();
    let (code, _) = application.code(&server, &[("code_challenge", &challenge)]).await;
    let answer = application.exchange(&code, &challenge).await;
    assert_eq!(answer.error(), "invalid_grant");
}

/// C19, defect 14 (RFC 9700 4.8.2): where PKCE is optional, a verifier without a challenge means that somebody
/// stripped the challenge; without either the exchange works, and a challenge once sent must be answered.
#[tokio::test(flavor = "multi_thread")]
async fn pkce_is_not_downgraded() {
    let server = Server::start().await;
    let none: &[(&str, &str)] = &[("code_challenge", ""), ("code_challenge_method", "")];
    for profile in [Profile::Trueconf, Profile::Jiomeet] {
        let application = server.application(NewApplication::of(profile)).await;
        let (code, verifier) = application.code(&server, none).await;
        let stripped = application.exchange(&code, &verifier).await;
        assert_eq!(stripped.error(), "invalid_grant", "{profile}");
        let (code, _) = application.code(&server, none).await;
        let without = application
            .token(&redemption(&code, &application.redirect_uri, ""))
            .await;
        assert_eq!(without.status, 200, "{profile}: {}", without.body);
        let (code, _) = application.code(&server, &[]).await;
        let unanswered = application
            .token(&redemption(&code, &application.redirect_uri, ""))
            .await;
        assert_eq!(unanswered.error(), "invalid_grant", "{profile}");
    }
}

/// C4, defect 2: a code that never was is invalid_grant; no code at all is invalid_request.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_missing() {
    let server = Server::start().await;
    let application = standard(&server).await;
    let (verifier, _) = pkce();
    for code in [
        "nonsense",
        "ac-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "é' OR 1=1 --",
    ] {
        let answer = application.exchange(code, &verifier).await;
        assert_eq!((answer.status, answer.error()), (400, "invalid_grant"), "{code}");
    }
    let answer = application.exchange("", &verifier).await;
    assert_eq!((answer.status, answer.error()), (400, "invalid_request"));
}

/// C24, S4.51, S4.56, B5: what the user unticked is neither in the answer nor in the token.
#[tokio::test(flavor = "multi_thread")]
async fn granted_scope_is_stated() {
    let server = Server::start().await;
    let application = standard(&server).await;
    let browser = server.signed_in().await;
    let (request, verifier) = application.request(&[("scope", "rooms:list rooms:create")]);
    let page = browser.get(&request).await;
    let form = page.consent_form("allow").without("scope", "rooms:create");
    let code = browser.submit(&form).await.callback().code();
    let tokens = application.exchange(&code, &verifier).await.ok();
    assert_eq!(tokens.get("scope"), "rooms:list");
    assert_eq!(server.introspect(tokens.access()).await["scope"], "rooms:list");
    let wider = application
        .token(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", tokens.refresh()),
            ("scope", "rooms:create"),
        ])
        .await;
    assert_eq!(wider.error(), "invalid_scope");
}

on_every_storage!(
    /// D6, S3.6: a code of a user who was blocked meanwhile gives nothing, also after the block is lifted.
    user_blocked_meanwhile,
    |server| async move {
        let application = standard(&server).await;
        let (code, verifier) = application.code(&server, &[]).await;
        server.set_user_disabled(crate::harness::EMAIL, true).await;
        let blocked = application.exchange(&code, &verifier).await;
        assert_eq!(blocked.error(), "invalid_grant");
        server.set_user_disabled(crate::harness::EMAIL, false).await;
        let later = application.exchange(&code, &verifier).await;
        assert_eq!(later.error(), "invalid_grant");
    }
);

on_every_storage!(
    /// D6, S3.5: an application that was blocked meanwhile cannot redeem its code, also after the block is lifted.
    application_blocked_meanwhile,
    |server| async move {
        let application = standard(&server).await;
        let (code, verifier) = application.code(&server, &[]).await;
        server.set_application_disabled(&application, true).await;
        within_a_second("refused", async || {
            application.exchange("ac-x", &verifier).await.status == 401
        })
        .await;
        let blocked = application.exchange(&code, &verifier).await;
        assert_eq!(blocked.error(), "invalid_client");
        server.set_application_disabled(&application, false).await;
        within_a_second("let in again", async || {
            application.exchange("ac-x", &verifier).await.status == 400
        })
        .await;
        let later = application.exchange(&code, &verifier).await;
        assert_eq!(later.error(), "invalid_grant");
    }
);

/// C27, D8 (RFC 8707): the exchange may repeat the resource, not choose another one.
#[tokio::test(flavor = "multi_thread")]
async fn resource_is_fixed() {
    let server = Server::start().await;
    server.add_resource("https://other.example", true).await;
    let application = standard(&server).await;
    for (resource, status) in [("http://localhost:8081", 200), ("https://other.example", 400)] {
        let (code, verifier) = application
            .code(&server, &[("resource", "http://localhost:8081")])
            .await;
        let mut fields = redemption(&code, &application.redirect_uri, &verifier);
        fields.push(("resource", resource));
        let answer = application.token(&fields).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        if status == 400 {
            assert_eq!(answer.error(), "invalid_target");
        }
    }
}

/// C11, C18, A16, D1: a public application redeems with its id and verifier alone, and never without the verifier.
#[tokio::test(flavor = "multi_thread")]
async fn public_application() {
    let server = Server::start_with(Options::default()).await;
    let application = server.application(NewApplication::public()).await;
    let tokens = application.tokens(&server, &[]).await;
    assert!(server.is_active(tokens.access()).await);
    let (code, _) = application.code(&server, &[]).await;
    let bare = application
        .token(&redemption(&code, &application.redirect_uri, ""))
        .await;
    assert_eq!(bare.error(), "invalid_grant");
}
