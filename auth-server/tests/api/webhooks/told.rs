//! What is told.

use std::time::Duration;

use auth_server::domain::policy::Profile;
use auth_server::domain::token::TokenFilter;
use auth_server::domain::webhook::EventType;
use auth_server::flows::registry::{Actor, DeclaredApplication, NewApplication as New};

use super::{deliveries, options, receiver, to};
use crate::harness::{App, Neighbour, NewApplication, PASSWORD};
use crate::on_every_storage;

on_every_storage!(
    /// What users and tokens go through is told: a grant, a replayed code, a refresh token that came again, another
    /// password, another second factor.
    what_is_told,
    |server| async move {
        let neighbour = Neighbour::start().await;
        neighbour.on("/hook", |_| "ok");
        let all: Vec<EventType> = EventType::selectable().collect();
        let (endpoint, _) = receiver(&server, &to(&neighbour, &all)).await;
        let app = server.application(NewApplication::public()).await;
        let (code, verifier) = app.code(&server, &[]).await;
        let tokens = app.exchange(&code, &verifier).await.ok();
        app.exchange(&code, &verifier).await.error();
        let again = app.tokens(&server, &[("prompt", "consent")]).await;
        app.refresh(again.refresh()).await.ok();
        server.advance(Duration::from_mins(1));
        app.refresh(again.refresh()).await.error();
        let bob = server.add_user("bob@example.com", "a password of bob's").await;
        server.state.services.accounts().set_disabled(bob.id, true).await.expect("blocked");
        let alice = server.signed_in().await;
        let set_up = alice.get("/account/security/app").await;
        let phone = App::new(&set_up.texts("code.secret-key")[0]);
        let form = set_up.form("/account/security/app").with("code", &phone.code(&server, 0));
        alice.submit_once(&form).await;
        let page = alice.get("/account/security").await;
        let form = page.form("/account/security/password").with("current", PASSWORD);
        let changed = alice.submit_once(&form.with("new", "another good password")).await;
        assert_eq!(changed.status, 303, "{}", changed.body);
        let blocked = deliveries(&server, &endpoint).await;
        assert!(blocked.iter().any(|one| {
            one.event == EventType::UserDisabled && one.payload.contains(&bob.id.to_string())
        }));
        let told: Vec<(EventType, String)> = deliveries(&server, &endpoint)
            .await
            .into_iter()
            .map(|one| (one.event, one.payload))
            .collect();
        for expected in [EventType::SecondFactorChanged, EventType::PasswordChanged] {
            assert_eq!(told.iter().filter(|(event, _)| *event == expected).count(), 1, "{expected:?}");
        }
        for expected in [EventType::GrantCreated, EventType::CodeReplay, EventType::RefreshReuse] {
            let found = told.iter().find(|(event, _)| *event == expected);
            let (_, payload) = found.unwrap_or_else(|| panic!("{expected:?} in {told:?}"));
            assert!(payload.contains(&app.client_id), "{payload}");
            for secret in [tokens.access(), tokens.refresh(), again.refresh(), &code] {
                assert!(!payload.contains(secret));
            }
        }
    },
    options()
);

on_every_storage!(
    /// What a file changes of an application is told as it is when a page or the API does it.
    what_apply_changes,
    |server| async move {
        let neighbour = Neighbour::start().await;
        neighbour.on("/hook", |_| "ok");
        let all: Vec<EventType> = EventType::selectable().collect();
        let (endpoint, _) = receiver(&server, &to(&neighbour, &all)).await;
        let registry = server.state.services.registry(Actor::command_line());
        let declared = |name: &str, disabled| DeclaredApplication {
            application: New { client_id: Some("calendar".to_owned()), ..New::of(Profile::Standard, name) },
            disabled,
            secrets: None,
        };
        let (created, changed, blocked) =
            (EventType::ApplicationCreated, EventType::ApplicationChanged, EventType::ApplicationDisabled);
        let in_order = |mut events: Vec<EventType>| {
            events.sort_by_key(|event| event.as_str());
            events
        };
        let mut expected = Vec::new();
        for (name, disabled, more) in [
            ("Calendar", false, &[created][..]),
            ("Calendar", false, &[]),
            ("Calendars", false, &[changed]),
            ("Calendars", true, &[blocked]),
            ("Calendars", true, &[]),
            ("Calendars", false, &[changed]),
            ("Calendar", true, &[changed, blocked]),
        ] {
            registry.declare_application(&declared(name, disabled), false).await.expect("declared");
            expected.extend_from_slice(more);
            let told = deliveries(&server, &endpoint).await.iter().map(|one| one.event).collect();
            assert_eq!(in_order(told), in_order(expected.clone()), "{name} {disabled}");
        }
    },
    options()
);

on_every_storage!(
    /// A token that is removed by its id is told of, whether it stands alone or descends from an authorization; again,
    /// nothing is.
    one_token_removed,
    |server| async move {
        let neighbour = Neighbour::start().await;
        neighbour.on("/hook", |_| "ok");
        let (endpoint, _) = receiver(&server, &to(&neighbour, &[EventType::TokenRevoked])).await;
        let registry = server.state.services.registry(Actor::command_line());
        let app = server.application(NewApplication::of(Profile::Standard)).await;
        let of_user = app.tokens(&server, &[]).await;
        let alone = app.token(&[("grant_type", "client_credentials")]).await.ok();
        let filter = TokenFilter::Client(app.client_id.clone());
        let listed = registry.live_tokens(&filter, None, 10).await.expect("the tokens").items;
        assert_eq!(listed.len(), 2);
        for _ in 0..2 {
            for token in &listed {
                registry.remove_token(&token.id).await.expect("removed");
            }
        }
        for token in [&of_user, &alone] {
            assert!(!server.is_active(token.access()).await);
        }
        let told = deliveries(&server, &endpoint).await;
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|one| one.payload.contains(&app.client_id)));
    },
    options()
);
