//! What holds for every page.

use std::collections::HashSet;

use askama::Template;
use scraper::{ElementRef, Html, Selector};

use super::{FRIENDLY, Values, consent, error_reasons, samples};
use crate::pages::{
    ConsentClient, ErrorPage, FormPostPage, HiddenField, Language, PageContext, SignInNotice, SignInPage,
};

/// Breaks out of text, of either kind of quoted attribute, and of a raw text element.
const HOSTILE: &str = r#"</title><script>alert(1)</script><img src=x onerror=alert(2)>"'&style='x'{n}"#;

fn select<'a>(document: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    let selector = Selector::parse(selector).unwrap();
    document.select(&selector).collect()
}

fn every_page(values: &Values<'_>, check: impl Fn(&str, &Html)) {
    for language in Language::ALL {
        for sample in samples(language, values) {
            check(&sample.name, &Html::parse_document(&sample.html));
        }
    }
}

/// A26
#[test]
fn hostile_values_stay_text() {
    let hostile = Values {
        client: HOSTILE,
        user: HOSTILE,
        scope: HOSTILE,
        other: HOSTILE,
    };
    let shape = |html: &str| -> Vec<String> {
        let document = Html::parse_document(html);
        select(&document, "*")
            .into_iter()
            .map(|element| {
                let mut attributes: Vec<&str> = element.value().attrs().map(|(name, _)| name).collect();
                attributes.sort_unstable();
                format!("{} {attributes:?}", element.value().name())
            })
            .collect()
    };
    for language in Language::ALL {
        for (friendly, attacked) in samples(language, &FRIENDLY)
            .into_iter()
            .zip(samples(language, &hostile))
        {
            assert_eq!(shape(&friendly.html), shape(&attacked.html), "{}", attacked.name);
        }
    }
}

/// A26, A27: what comes back from a form is what went into it.
#[test]
fn form_values_survive_escaping() {
    let page = FormPostPage {
        page: PageContext::new(Language::English, "/"),
        redirect_uri: "https://app.example/cb?a=1&b=\"2\"".to_owned(),
        client_name: "App".to_owned(),
        fields: vec![HiddenField::new("state", HOSTILE)],
    };
    let document = Html::parse_document(&page.render().unwrap());
    let form = select(&document, "form")[0];
    assert_eq!(form.attr("action"), Some(page.redirect_uri.as_str()));
    assert_eq!(form.attr("method"), Some("post"));
    assert_eq!(
        select(&document, "input[name=state]")[0].attr("value"),
        Some(HOSTILE)
    );
    assert_eq!(
        select(&document, "form button[type=submit]").len(),
        1,
        "works without scripts"
    );
}

#[test]
fn no_page_has_inline_code_or_a_foreign_resource() {
    every_page(&FRIENDLY, |name, document| {
        assert!(
            select(document, "style, [style], iframe, object, base").is_empty(),
            "{name}"
        );
        for script in select(document, "script") {
            assert!(
                script.attr("src").is_some() && script.inner_html().is_empty(),
                "{name}"
            );
        }
        for element in select(document, "*") {
            for (attribute, value) in element.value().attrs() {
                assert!(!attribute.starts_with("on"), "{name} {attribute}");
                assert!(!value.trim_start().starts_with("javascript:"), "{name} {value}");
            }
        }
        for element in select(document, "[src], link[href]") {
            let url = element.attr("src").or(element.attr("href")).unwrap();
            let picture = element.value().name() == "img" && url.starts_with("data:image/svg+xml;base64,");
            assert!(url.starts_with("/assets/") || picture, "{name} {url}");
        }
    });
}

#[test]
fn every_page_has_its_landmarks_labels_and_language() {
    every_page(&FRIENDLY, |name, document| {
        let language = name.rsplit_once('.').unwrap().1;
        assert_eq!(document.root_element().attr("lang"), Some(language), "{name}");
        for one in [
            "title",
            "h1",
            "main#content",
            "header",
            "footer",
            "a.skip-link[href='#content']",
        ] {
            assert_eq!(select(document, one).len(), 1, "{name} {one}");
        }
        // A page that shows something once cannot be had again in another language.
        let shows_once = ["-secret.", "-once.", "recovery-codes.", "user-password."];
        let shows_once = shows_once.iter().any(|part| name.contains(part));
        let languages = select(document, "footer nav").len();
        assert_eq!(languages, usize::from(!shows_once), "{name}");
        for field in select(document, "input:not([type=hidden])") {
            let id = field.attr("id").unwrap();
            assert_eq!(
                select(document, &format!("label[for='{id}']")).len(),
                1,
                "{name} {id}"
            );
        }
        for element in select(document, "[aria-describedby], [aria-labelledby]") {
            let ids = element
                .attr("aria-describedby")
                .or(element.attr("aria-labelledby"))
                .unwrap();
            for id in ids.split_whitespace() {
                assert_eq!(select(document, &format!("[id='{id}']")).len(), 1, "{name} {id}");
            }
        }
        let ids: Vec<_> = select(document, "[id]")
            .iter()
            .filter_map(|element| element.attr("id"))
            .collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "{name}");
    });
}

/// B3, B4: every form that changes something here carries the token. A search changes nothing, and has none to put into
/// an address.
#[test]
fn every_form_carries_the_csrf_token() {
    every_page(&FRIENDLY, |name, document| {
        let token = Selector::parse("input[type=hidden][name=csrf]").unwrap();
        for form in select(document, "form[action^='/']") {
            if form.attr("role") == Some("search") {
                assert_eq!(form.attr("method"), Some("get"), "{name}");
                assert!(form.select(&token).next().is_none(), "{name}");
                continue;
            }
            assert_eq!(form.attr("method"), Some("post"), "{name}");
            let tokens: Vec<_> = form
                .select(&token)
                .filter_map(|field| field.attr("value"))
                .collect();
            assert_eq!(tokens, [FRIENDLY.other], "{name}");
        }
    });
}

#[test]
fn no_placeholder_is_left_unfilled() {
    for language in Language::ALL {
        for sample in samples(language, &FRIENDLY) {
            assert!(
                !sample.html.contains('{') && !sample.html.contains('}'),
                "{}",
                sample.name
            );
        }
    }
}

#[test]
fn the_language_switch_comes_back_to_the_page() {
    let page = SignInPage {
        page: PageContext::new(Language::English, "/login?return_to=/a&set=xx"),
        csrf: String::new(),
        return_to: "/a".to_owned(),
        login_hint: None,
        client_name: None,
        may_reset: true,
        passkey: None,
        notice: None,
    };
    let document = Html::parse_document(&page.render().unwrap());
    let links = select(&document, "footer a");
    assert_eq!(links.len(), 1, "the current language is no link");
    assert_eq!(
        links[0].attr("href"),
        Some("/language?return_to=%2Flogin%3Freturn_to%3D%2Fa%26set%3Dxx&set=fr"),
        "the page's own query cannot choose the language"
    );
}

#[test]
fn wrong_credentials_are_announced_and_tied_to_both_fields() {
    let page = SignInPage {
        page: PageContext::new(Language::English, "/login"),
        csrf: String::new(),
        return_to: String::new(),
        login_hint: Some("a@b.example".to_owned()),
        client_name: None,
        may_reset: true,
        passkey: None,
        notice: Some(SignInNotice::WrongCredentials),
    };
    let document = Html::parse_document(&page.render().unwrap());
    assert_eq!(select(&document, "[role=alert]#notice").len(), 1);
    assert_eq!(
        select(&document, "input[aria-invalid=true][aria-describedby=notice]").len(),
        2
    );
    assert_eq!(
        select(&document, "#email[autocomplete=username]")[0].attr("value"),
        Some("a@b.example")
    );
    assert_eq!(
        select(&document, "#password[autocomplete=current-password]")[0].attr("value"),
        None
    );
}

/// B6, S4.45
#[test]
fn consent_shows_who_asks_for_what_and_where_it_leads() {
    for language in Language::ALL {
        let page = consent(PageContext::new(language, "/"), &FRIENDLY);
        let document = Html::parse_document(&page.render().unwrap());
        let main = select(&document, "main")[0].text().collect::<String>();
        for shown in [FRIENDLY.client, FRIENDLY.user, &page.redirect_host] {
            assert!(main.contains(shown), "{shown}");
        }
        let asked: Vec<_> = select(&document, "input[name=scope]")
            .iter()
            .filter_map(|field| field.attr("value"))
            .collect();
        let expected: Vec<_> = page
            .requested
            .iter()
            .map(|permission| permission.scope.as_str())
            .collect();
        assert_eq!(asked, expected, "only what is new has a checkbox");
        assert_eq!(select(&document, "input[name=scope][checked]").len(), 4);
        assert_eq!(
            select(&document, "input[name=scope][disabled]").len(),
            1,
            "the mandatory one is locked"
        );
        assert_eq!(select(&document, ".granted li").len(), 2);
        let decisions: Vec<_> = select(&document, "button[name=decision]")
            .iter()
            .filter_map(|button| button.attr("value"))
            .collect();
        assert_eq!(
            decisions,
            ["deny", "allow"],
            "the Enter key must not allow anything"
        );
    }
}

/// A name with right-to-left marks must not turn the sentence around it, nor the host it leads to.
#[test]
fn consent_isolates_the_direction_of_foreign_names() {
    let page = consent(PageContext::new(Language::English, "/"), &FRIENDLY);
    let document = Html::parse_document(&page.render().unwrap());
    let isolated: Vec<String> = select(&document, "bdi")
        .iter()
        .map(|element| element.text().collect())
        .collect();
    assert_eq!(
        isolated,
        [FRIENDLY.user, FRIENDLY.client, FRIENDLY.user, FRIENDLY.other]
    );
}

/// A26: escaping would not disarm these.
#[test]
fn only_web_addresses_become_links() {
    let dangerous = [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "https://",
        "https://bank.example@evil.example/",
    ];
    for address in dangerous {
        let mut page = consent(PageContext::new(Language::English, "/"), &FRIENDLY);
        page.client = ConsentClient {
            homepage: Some(address.to_owned()),
            policy: Some(address.to_owned()),
            ..page.client
        };
        let html = page.render().unwrap();
        assert!(!html.contains(address), "{address}");
    }
    let page = consent(PageContext::new(Language::English, "/"), &FRIENDLY);
    assert_eq!(
        select(&Html::parse_document(&page.render().unwrap()), ".outer-links a").len(),
        2
    );
}

#[test]
fn an_error_page_says_whose_fault_it_is_and_what_to_do() {
    for (_, reason) in error_reasons() {
        let page = ErrorPage {
            page: PageContext::new(Language::English, "/"),
            reason,
            error_id: "id-1".to_owned(),
            detail: None,
            back: None,
        };
        let document = Html::parse_document(&page.render().unwrap());
        let status = reason.status();
        assert!(status.is_client_error() || status.is_server_error());
        assert_eq!(select(&document, ".status-code")[0].inner_html(), status.as_str());
        assert_eq!(select(&document, ".error-id")[0].inner_html(), "id-1");
        assert_eq!(select(&document, ".badge").len(), 1);
        assert_eq!(select(&document, ".advice p").len(), 1);
    }
}
