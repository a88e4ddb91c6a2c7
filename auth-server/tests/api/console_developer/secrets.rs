//! What an approved application proves itself by.

use auth_server::domain::application::ReviewStatus;
use reqwest::Method;

use super::{approved, csrf, decide, developer, make_secret, path, start, submitted, works};

/// S4.27, S4.28, H3: id and secrets come with the approval; a value is shown once; several live beside each other, with
/// labels and ends; regenerating leaves the chosen overlap; one can be revoked.
#[tokio::test(flavor = "multi_thread")]
async fn secrets_after_the_approval() {
    let server = start().await;
    let (_, browser) = developer(&server, "dev@example.com").await;
    let id = submitted(&browser, "Calendar").await;
    let here = path(&id, "");
    let secrets = path(&id, "/secrets");
    let page = browser.get(&here).await;
    assert!(page.texts(".client-id").is_empty());
    assert!(
        !page.texts("main").join(" ").contains(&id),
        "the id is not shown before the approval"
    );
    assert!(
        page.attributes(&format!("form[action='{secrets}']"), "method")
            .is_empty()
    );
    let token = csrf(&server, &browser, &secrets);
    for action in ["add", "rotate"] {
        let fields = [("csrf", token.as_str()), ("action", action)];
        let answer = browser
            .send(browser.request(Method::POST, &secrets).form(&fields))
            .await;
        assert_eq!(answer.status, 409, "{action}");
        assert!(!answer.body.contains("cs-"));
    }
    decide(&server, &id, ReviewStatus::Approved, "Fine.").await;
    assert_eq!(browser.get(&here).await.texts(".client-id"), [id.as_str()]);

    let made = make_secret(
        &browser,
        &id,
        &[("action", "add"), ("label", "Production"), ("days", "30")],
    )
    .await;
    assert_eq!(made.status, 200);
    assert_eq!(made.header("cache-control"), "no-store");
    let first = made.texts("#secret").remove(0);
    assert!(works(&server, &id, &first).await);
    let second = make_secret(&browser, &id, &[("action", "add"), ("label", "Tests")]).await;
    let second = second.texts("#secret").remove(0);
    assert_ne!(first, second);
    assert!(works(&server, &id, &first).await && works(&server, &id, &second).await);
    for page in [here.as_str(), &path(&id, "/edit"), "/developer"] {
        let page = browser.get(page).await;
        assert!(!page.body.contains(&first) && !page.body.contains(&second));
    }
    let rows = browser
        .get(&here)
        .await
        .texts("section[aria-labelledby=security] tbody tr");
    assert_eq!(rows.len(), 2);
    assert!(
        rows.iter().any(|row| row.contains("Production")) && rows.iter().any(|row| row.contains("Tests"))
    );
    let lines = server.audit("secret_changed").await;
    assert!(
        lines
            .iter()
            .all(|line| !line.detail.contains(&first) && !line.detail.contains(&second))
    );

    let renewed = make_secret(&browser, &id, &[("action", "rotate"), ("overlap", "3600")]).await;
    let third = renewed.texts("#secret").remove(0);
    for secret in [&first, &second, &third] {
        assert!(works(&server, &id, secret).await, "within the overlap");
    }
    server.advance(std::time::Duration::from_secs(3601));
    assert!(!works(&server, &id, &first).await && !works(&server, &id, &second).await);
    assert!(works(&server, &id, &third).await);

    let page = browser.get(&here).await;
    let rows = page.attributes("input[name=secret]", "value");
    let names = page.texts("section[aria-labelledby=security] tbody tr");
    let newest = names
        .iter()
        .position(|row| row.contains("Without a label"))
        .expect("the third");
    let form = page
        .form(&secrets)
        .with("secret", &rows[newest])
        .with("action", "revoke");
    let gone = browser.submit_once(&form).await;
    assert_eq!(gone.location(), Some(format!("{here}?done=secret-revoked")));
    assert!(!works(&server, &id, &third).await);
    assert_eq!(browser.submit_once(&form).await.status, 404, "it is gone already");
    let long = make_secret(&browser, &id, &[("action", "add"), ("label", &"x".repeat(101))]).await;
    assert_eq!(long.status, 422);
}

/// S4.28: what cannot be read makes no secret that never ends, and ends none at once.
#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_are_none_change_no_secret() {
    let server = start().await;
    let (_, browser) = developer(&server, "dev@example.com").await;
    let id = approved(&server, &browser, "Calendar").await;
    let made = make_secret(&browser, &id, &[("action", "add")]).await;
    let secret = made.texts("#secret").remove(0);
    for fields in [
        [("action", "add"), ("days", "soon")],
        [("action", "add"), ("days", "-1")],
        [("action", "rotate"), ("overlap", "a day")],
        [("action", "rotate"), ("overlap", "-1")],
        [("action", "rotate"), ("overlap", "99999999999")],
    ] {
        let refused = make_secret(&browser, &id, &fields).await;
        assert_eq!(refused.status, 422, "{fields:?}");
        let said = refused.texts("#notice[role=alert]").concat();
        assert!(said.contains("values of the list"), "{fields:?}: {said}");
    }
    assert!(works(&server, &id, &secret).await);
    let page = browser.get(&path(&id, "")).await;
    assert_eq!(page.texts("section[aria-labelledby=security] tbody tr").len(), 1);
}
