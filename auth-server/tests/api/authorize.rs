//! `/oauth2/authorize`: who is answered where, with what.

use auth_server::domain::policy::Profile;

use crate::harness::{NewApplication, claims};
use crate::on_every_storage;

on_every_storage!(
    /// S4.41, S4.44 to S4.46, S4.51, A11: sign in, allow, exchange, use.
    the_whole_way,
    |server| async move {
        let application = server.application(NewApplication::of(Profile::Standard)).await;
        let browser = server.browser();
        let (request, verifier) = application.request(&[("scope", "rooms:list")]);
        let login = browser.get(&request).await;
        let consent = browser
            .submit(&login.sign_in_form(crate::harness::EMAIL, crate::harness::PASSWORD))
            .await;
        assert!(consent.body.contains("Test application"), "{}", consent.body);
        let callback = browser.submit(&consent.consent_form("allow")).await.callback();
        assert_eq!(callback.get("state").as_deref(), Some("xyz"));
        assert_eq!(callback.get("iss"), Some(server.url.clone()));
        let tokens = application.exchange(&callback.code(), &verifier).await.ok();
        assert_eq!(tokens.get("scope"), "rooms:list");
        let claims = claims(tokens.access());
        assert_eq!(claims["email"], crate::harness::EMAIL);
        assert_eq!(claims["sub"], claims["user_id"]);
        assert_eq!(server.introspect(tokens.access()).await["active"], true);
    }
);
