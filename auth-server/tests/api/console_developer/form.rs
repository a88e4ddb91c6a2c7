//! The form of an application: its fields, what is wrong with them, its permissions.

use auth_server::flows::registry::Actor;
use reqwest::Method;

use super::{NEW, developer, filled, start, submitted};

/// S4.6 to S4.12, S4.14, S4.19 to S4.23: what is wrong is said beside its field, each rule in a sentence of its own, in
/// both languages; what was filled in stays.
#[tokio::test(flavor = "multi_thread")]
async fn problems_stand_beside_their_fields() {
    let server = start().await;
    let (_, browser) = developer(&server, "dev@example.com").await;
    submitted(&browser, "Taken").await;
    let page = browser.get(NEW).await;
    let empty = browser
        .submit_once(&page.form(NEW).with("action", "submit"))
        .await;
    assert_eq!(empty.status, 422);
    assert_eq!(empty.texts("#notice[role=alert]").len(), 1);
    for field in ["name", "homepage_url", "policy_url", "logo_url", "use_case"] {
        let said = empty.texts(&format!("#{field}-problem"));
        assert!(!said[0].is_empty(), "{field}");
        let described = format!("#{field}[aria-invalid=true][aria-describedby~='{field}-problem']");
        assert_eq!(empty.attributes(&described, "id"), [field]);
    }
    for field in ["redirect_uris", "scope"] {
        assert!(
            !empty.texts(&format!("#{field}-problem"))[0].is_empty(),
            "{field}"
        );
    }
    let taken = filled(&page, NEW, "taken").with("action", "submit");
    let taken = browser.submit_once(&taken).await;
    assert!(
        taken.texts("#name-problem")[0].contains("already"),
        "{}",
        taken.body
    );

    let urls = [
        "http://app.example/cb",
        "https://192.0.2.1/cb",
        "https://app.example/cb?token=x",
        "https://*.app.example/cb",
        "https://app.example/cb#x",
        "https://app.example/callback",
    ];
    for language in ["en", "fr"] {
        browser.plant_cookie("anteroom_language", language);
        let mut form = filled(&page, NEW, "Calendar").lacking("redirect_uri");
        for url in urls {
            form = form.and("redirect_uri", url);
        }
        let checked = browser.submit_once(&form.with("action", "check")).await;
        assert_eq!(checked.status, 200);
        assert_eq!(checked.attributes("html", "lang"), [language]);
        let said: Vec<String> = (0..urls.len())
            .flat_map(|index| checked.texts(&format!("#redirect_uri-{index}-problem")))
            .collect();
        assert_eq!(said.len(), urls.len());
        assert_eq!(said[5], "", "nothing is wrong with the last one");
        let rules: std::collections::BTreeSet<_> = said[..5].iter().collect();
        assert_eq!(rules.len(), 5, "a sentence for each rule: {said:?}");
        assert!(!rules.contains(&String::new()));
        assert_eq!(checked.attributes("input[name=redirect_uri]", "value"), urls);
        assert_eq!(checked.attributes("input[name=scope][checked]", "value").len(), 2);
    }
    assert_eq!(
        browser.get("/developer").await.texts("tbody tr").len(),
        1,
        "nothing was saved"
    );
}

/// S4.12: one to ten callback URLs; another field comes without JavaScript, and not an eleventh.
#[tokio::test(flavor = "multi_thread")]
async fn one_to_ten_callback_urls() {
    let server = start().await;
    let (_, browser) = developer(&server, "dev@example.com").await;
    let mut page = browser.get(NEW).await;
    for count in 1..=10 {
        assert_eq!(page.attributes("input[name=redirect_uri]", "id").len(), count);
        let more = page.attributes("button[value=add]", "name").len();
        assert_eq!(more, usize::from(count < 10));
        let mut form = filled(&page, NEW, "Calendar").lacking("redirect_uri");
        for number in 0..count {
            form = form.and("redirect_uri", &format!("https://app.example/{number}"));
        }
        page = browser.submit_once(&form.with("action", "add")).await;
        assert_eq!(page.status, 200);
        assert_eq!(page.attributes("#name", "value"), ["Calendar"]);
        if count < 10 {
            let on = page.attributes("input[autofocus]", "id");
            assert_eq!(on, [format!("redirect_uri-{count}")]);
        }
    }
    for (count, status) in [(0, 422), (11, 422), (10, 303)] {
        let mut form = filled(&page, NEW, "Calendar").lacking("redirect_uri");
        for number in 0..count {
            form = form.and("redirect_uri", &format!("https://app.example/{number}"));
        }
        let answer = browser.submit_once(&form.with("action", "submit")).await;
        assert_eq!(answer.status, status, "{count}");
    }
}

/// S4.13: the permissions of the document, in plain words; none that administrators alone give, not even by a form made
/// by hand.
#[tokio::test(flavor = "multi_thread")]
async fn permissions_to_choose_from() {
    let server = start().await;
    let (_, browser) = developer(&server, "dev@example.com").await;
    let page = browser.get(NEW).await;
    let offered = page.attributes("input[name=scope]", "value");
    let mut first = offered[..6].to_vec();
    first.sort_unstable();
    let document = [
        "meeting:create",
        "meeting:delete",
        "meeting:join",
        "meeting:read",
        "meeting:update",
        "user:read",
    ];
    assert_eq!(first, document);
    assert!(
        !offered
            .iter()
            .any(|scope| scope.starts_with("admin") || scope.starts_with("scim"))
    );
    for label in page.texts(".permission label") {
        assert!(label.contains(' '), "words: {label}");
    }
    for scope in ["admin:write", "admin", "no:such"] {
        let form = filled(&page, NEW, "Calendar")
            .and("scope", scope)
            .with("action", "save");
        let answer = browser.submit_once(&form).await;
        assert_eq!(answer.status, 422, "{scope}");
        assert!(answer.texts("#scope-problem")[0].contains(scope), "{scope}");
    }
}

/// S4.19 to S4.23: the script of the form asks for the same sentences; asking saves nothing.
#[tokio::test(flavor = "multi_thread")]
async fn live_checks() {
    let server = start().await;
    let (_, browser) = developer(&server, "dev@example.com").await;
    let page = browser.get(NEW).await;
    assert!(
        page.header("content-security-policy")
            .contains("script-src 'self'; connect-src 'self'")
    );
    let token = page.attributes("form[data-check]", "data-check-csrf").remove(0);
    let form = filled(&page, NEW, "Calendar")
        .with("csrf", &token)
        .and("redirect_uri", "http://app.example/cb");
    let request = browser
        .request(Method::POST, "/developer/check")
        .form(&form.fields);
    let answer = browser.send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    let problems = answer["problems"].as_array().expect("a list");
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0]["field"], "redirect_uris");
    assert_eq!(problems[0]["index"], 1);
    assert_eq!(problems[0]["code"], "url_plain_http");
    let shown = browser
        .submit_once(
            &filled(&page, NEW, "Calendar")
                .and("redirect_uri", "http://app.example/cb")
                .with("action", "check"),
        )
        .await;
    assert_eq!(problems[0]["message"], shown.texts("#redirect_uri-1-problem")[0]);
    assert_eq!(browser.get("/developer").await.texts(".empty").len(), 1);
}

/// S4.6, S4.7, S4.8, S4.9, S4.10, S4.11: every field of the document is asked for, kept and shown, the use case from a
/// list; the description alone may be left out.
#[tokio::test(flavor = "multi_thread")]
async fn the_fields_of_the_document() {
    let server = start().await;
    let (user, browser) = developer(&server, "dev@example.com").await;
    let page = browser.get(NEW).await;
    let cases = page.attributes("select#use_case option", "value");
    assert_eq!((cases.len(), cases[0].as_str()), (9, ""), "S4.10: {cases:?}");
    let whole = filled(&page, NEW, "Calendar").with("description", "Puts meetings into calendars.");
    let done = browser.submit(&whole.with("action", "submit")).await;
    let shown = done.texts("section[aria-labelledby=details] dd").join("\n");
    for (row, words) in [
        ("S4.7", "https://app.example/"),
        ("S4.8", "https://app.example/policy"),
        ("S4.9", "https://app.example/logo.png"),
        ("S4.10", "Calendar and scheduling"),
        ("S4.11", "Puts meetings into calendars."),
        ("S4.12", "https://app.example/callback"),
        ("S4.13", "meeting:read"),
    ] {
        assert!(shown.contains(words), "{row}: {shown}");
    }
    assert_eq!(done.texts("h1"), ["Calendar"], "S4.6");
    let required = [
        ("S4.6", "name"),
        ("S4.7", "homepage_url"),
        ("S4.8", "policy_url"),
        ("S4.9", "logo_url"),
        ("S4.10", "use_case"),
    ];
    for (row, field) in required {
        let form = filled(&page, NEW, "Second")
            .with(field, "")
            .with("action", "submit");
        let refused = browser.submit_once(&form).await;
        assert_eq!(refused.status, 422, "{row}");
        assert_eq!(refused.attributes("[aria-invalid=true]", "id"), [field], "{row}");
    }
    let odd = filled(&page, NEW, "Second").with("use_case", "spying");
    assert_eq!(
        browser.submit_once(&odd.with("action", "save")).await.status,
        422,
        "S4.10"
    );
    let id = submitted(&browser, "Without words").await;
    let registry = server.state.services.registry(Actor::command_line());
    let kept = registry.own_application(user.id, &id).await.expect("it is there");
    assert_eq!(kept.application.about.description, None, "S4.11");
}
