//! `/oauth2/revoke` (RFC 7009): an application takes back its own tokens.

use auth_server::domain::policy::Profile;

use crate::harness::{Application, NewApplication, Server, Tokens, client, read};
use crate::on_every_storage;

async fn revoke(application: &Application, token: &str, hint: &str) -> Tokens {
    let fields = match hint {
        "" => vec![("token", token)],
        hint => vec![("token", token), ("token_type_hint", hint)],
    };
    application.post("/oauth2/revoke", &fields).await
}

on_every_storage!(
    /// E7: an access token ends alone, whatever the hint; again and unknown are 200 with an empty body.
    access_token,
    |server| async move {
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        for hint in ["", "access_token", "refresh_token", "nonsense"] {
            let tokens = application.tokens(&server, &[]).await;
            for _ in 0..2 {
                let answer = revoke(&application, tokens.access(), hint).await;
                assert_eq!(answer.status, 200, "{hint}");
                assert_eq!(answer.headers["cache-control"], "no-store");
                assert_eq!(answer.headers["content-length"], "0");
                assert!(!server.is_active(tokens.access()).await, "{hint}");
            }
            let refreshed = application.refresh(tokens.refresh()).await.ok();
            assert!(server.is_active(refreshed.access()).await, "{hint}");
        }
        for unknown in ["nonsense", "a.b.c", "rt-unknown", "é", "' OR 1=1 --"] {
            assert_eq!(revoke(&application, unknown, "").await.status, 200, "{unknown}");
        }
        assert_eq!(server.audit("revocation").await.len(), 4);
    }
);

on_every_storage!(
    /// E7, E8: a refresh token takes its access tokens and its successors along, whatever the hint; a used one, too.
    refresh_token,
    |server| async move {
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        for hint in ["", "access_token", "refresh_token"] {
            for revoke_the_used_one in [false, true] {
                let first = application.tokens(&server, &[]).await;
                let second = application.refresh(first.refresh()).await.ok();
                let bystander = application.tokens(&server, &[]).await;
                let token = if revoke_the_used_one {
 first.refresh()
 } else {
 second.refresh()
 };
                for _ in 0..2 {
                    assert_eq!(revoke(&application, token, hint).await.status, 200);
                }
                for access in [first.access(), second.access()] {
                    assert!(!server.is_active(access).await, "{hint}");
                }
                assert_eq!(application.refresh(second.refresh()).await.error(), "invalid_grant");
                assert!(server.is_active(bystander.access()).await);
                application.refresh(bystander.refresh()).await.ok();
            }
        }
    }
);

on_every_storage!(
    /// E7: another application's token is not revoked, and neither application's kind changes that.
    another_application,
    |server| async move {
        let owner = server.application(NewApplication::public()).await;
        let tokens = owner.tokens(&server, &[]).await;
        for other in [NewApplication::public(), NewApplication::of(Profile::Standard)] {
            let other = server.application(other).await;
            for token in [tokens.access(), tokens.refresh()] {
                let answer = revoke(&other, token, "").await;
                assert_eq!((answer.status, answer.error()), (400, "invalid_grant"));
            }
        }
        assert!(server.is_active(tokens.access()).await);
        let refreshed = owner.refresh(tokens.refresh()).await.ok();
        assert_eq!(revoke(&owner, refreshed.refresh(), "").await.status, 200);
        assert!(!server.is_active(refreshed.access()).await);
    }
);

/// E7, C11: a confidential application must prove itself; a missing token is invalid_request.
#[tokio::test(flavor = "multi_thread")]
async fn callers() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let tokens = application.tokens(&server, &[]).await;
    let bare = Application {
        secret: None,
        ..application.clone()
    };
    let wrong = Application {
        secret: Some("cs-wrong".to_owned()),
        ..application.clone()
    };
    let fields = [("token", tokens.refresh())];
    let anonymous = read(client().post(server.at("/oauth2/revoke")).form(&fields)).await;
    for answer in [
        anonymous,
        revoke(&bare, tokens.refresh(), "").await,
        revoke(&wrong, tokens.refresh(), "").await,
    ] {
        assert_eq!((answer.status, answer.error()), (401, "invalid_client"));
        assert!(answer.headers.contains_key("x-error-id"));
    }
    assert!(server.is_active(tokens.access()).await);
    let answer = revoke(&application, "", "").await;
    assert_eq!((answer.status, answer.error()), (400, "invalid_request"));
}

on_every_storage!(
    /// E7, H6: a server-wide token can be taken back, too; the audit log says whose and no more.
    server_wide_token,
    |server| async move {
        let application = server.application(NewApplication::of(Profile::Trueconf)).await;
        let tokens = application.token(&[("grant_type", "client_credentials")]).await.ok();
        assert_eq!(revoke(&application, tokens.access(), "").await.status, 200);
        assert!(!server.is_active(tokens.access()).await);
        let lines = server.audit("revocation").await;
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].client_id.as_deref(), Some(application.client_id.as_str()));
        assert!(!lines[0].detail.contains(tokens.access()));
    }
);
