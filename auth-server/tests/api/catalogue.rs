//! The catalogue of permissions: one file that every surface reads, and what an operator adds to it.

use auth_server::config::Config;
use auth_server::domain::policy::Profile;
use serde_json::Value;

use crate::harness::{NewApplication, Options, Server, client};

const OWN: &str = r#"
[permissions."acme.printer:print"]
en = { label = "Print at the office", description = "Sends pages to the printer." }
fr = { label = "Imprimer au bureau", description = "Envoie des pages à l'imprimante." }
"#;

/// A configuration file describes a permission; the consent page says it in both languages, and the metadata
/// names it beside the built-in ones.
#[tokio::test]
async fn an_operator_describes_a_permission() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("anteroom.toml");
    std::fs::write(&file, OWN).expect("written");
    let permissions = Config::load(Some(&file), |_| None).expect("settings").permissions;
    assert_eq!(permissions.len(), 1, "{permissions:?}");
    let server = Server::start_with(Options::configured(|config| {
        config.permissions = toml::from_str::<toml::Table>(OWN)
            .and_then(|table| table["permissions"].clone().try_into())
            .expect("permissions");
    }))
    .await;

    let new = NewApplication::of(Profile::Standard).scope("acme.printer:print rooms:list");
    let application = server.application(new).await;
    let browser = server.signed_in().await;
    for (language, label) in [("en", "Print at the office"), ("fr", "Imprimer au bureau")] {
        let (request, _) = application.request(&[("ui_locales", language)]);
        let page = browser.get(&request).await;
        let labels = page.texts("form[action='/consent'] label");
        assert!(labels.iter().any(|text| text == label), "{labels:?}");
    }

    let url = server.at("/.well-known/oauth-authorization-server");
    let metadata: Value = client()
        .get(url)
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    let scopes: Vec<&str> = metadata["scopes_supported"]
        .as_array()
        .expect("scopes")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    for scope in [
        "acme.printer:print",
        "rooms:list",
        "conferences.invitations",
        "meeting:join",
    ] {
        assert!(scopes.contains(&scope), "{scope} is not in {scopes:?}");
    }
    assert!(!scopes.contains(&"openid"), "there are no ID tokens yet");
}
