//! Twenty requests at once that change one account's second factors.

use auth_server::domain::secret::PlainToken;
use auth_server::flows::second_factor::{FactorChange, Keeper};
use futures_util::future::join_all;

use crate::harness::{App, EMAIL};
use crate::on_every_storage;

on_every_storage!(
    /// Of twenty apps that are set up at once one is there afterwards, and its ten recovery codes with it.
    one_app,
    |server| async move {
        let user = server.user(EMAIL).await;
        let session = PlainToken::presented("none");
        let keeper = Keeper {
            user: &user,
            bearer: "none",
            session: Some(&session),
            address: "192.0.2.1",
            language: "en",
        };
        let services = &server.state.services;
        let ready: Vec<_> = (0..20)
            .map(|_| {
                let set_up = services.start_totp(&keeper);
                let code = App::new(&set_up.secret).code(&server, 0);
                (set_up.ticket, code)
            })
            .collect();
        let sent = ready.iter().map(|(ticket, code)| services.finish_totp(&keeper, ticket, code));
        let changes = join_all(sent).await;
        let codes: Vec<usize> = changes
            .into_iter()
            .filter_map(|change| match change.expect("an answer") {
                FactorChange::Done { recovery_codes, .. } => Some(recovery_codes.len()),
                _ => None,
            })
            .collect();
        assert_eq!(codes, [10]);
        let factors = services.second_factors(user.id).await.expect("read");
        assert_eq!(factors.recovery_codes, 10);
    },
    manual_clock
);

on_every_storage!(@options
    /// However often recovery codes are replaced at the same moment, ten are left, and all of one set.
    ten_codes,
    |server| async move {
        let app = server.give_app(EMAIL).await;
        let user = server.user(EMAIL).await;
        let session = PlainToken::presented("none");
        let keeper = Keeper {
            user: &user,
            bearer: "none",
            session: Some(&session),
            address: "192.0.2.1",
            language: "en",
        };
        let services = &server.state.services;
        let sent = (0..20).map(|_| services.renew_recovery_codes(&keeper));
        let sets: Vec<Vec<String>> = join_all(sent)
            .await
            .into_iter()
            .map(|renewed| renewed.expect("an answer").expect("codes"))
            .collect();
        let factors = services.second_factors(user.id).await.expect("read");
        assert_eq!(factors.recovery_codes, 10);
        let mut good = 0;
        for code in app.recovery_codes.iter().chain(sets.iter().map(|set| &set[0])) {
            let note = services.half_sign_in(&user, "a browser");
            let half = services.half_signed_in(&note, "a browser").await;
            let half = half.expect("read").expect("half signed in");
            let done = services.finish_with_code(&half, code, "192.0.2.1", "test").await;
            good += usize::from(done.expect("an answer").is_some());
        }
        assert_eq!(good, 1, "the first code of one set, and none of the replaced ones");
    },
    Options {
        configure: |config| {
            config.limits.sign_in_failures_per_account_and_address = 0;
            config.limits.sign_in_failures_per_account = 0;
            config.limits.second_factor_failures_per_account_and_hour = 0;
        },
        ..Options::manual_clock()
    }
);
