//! Authorization codes: unguessable, short-lived, and bound to what they were asked for with.

use std::collections::HashSet;
use std::time::Duration;

use auth_server::domain::policy::{MAX_CODE_SECONDS, Profile};

use crate::harness::{NewApplication, Options, Server};

/// A28: 256 random bits, no two alike, and no two with more than chance in common.
#[tokio::test]
async fn codes_cannot_be_guessed() {
    let server = Server::start().await;
    let application = server.application(NewApplication::of(Profile::Standard)).await;
    let browser = server.signed_in().await;
    let mut codes = HashSet::new();
    for _ in 0..50 {
        let callback = browser.approve(&application.request(&[]).0).await;
        codes.insert(callback.code());
    }
    assert_eq!(codes.len(), 50);
    // What comes before the last 43 characters says what kind of value it is.
    let random: Vec<&[u8]> = codes
        .iter()
        .map(|code| {
            code.as_bytes()
                .last_chunk::<43>()
                .expect("43 characters of 6 bits")
                .as_slice()
        })
        .collect();
    for place in 0..43 {
        let different: HashSet<u8> = random.iter().map(|code| code[place]).collect();
        // The last of 43 characters carries 4 bits.
        assert!(
            different.len() > 8,
            "place {place}: {} characters",
            different.len()
        );
    }
}

/// A28, S4.47: a code lives for as long as its profile says, to the second, and never over ten minutes.
#[tokio::test]
async fn a_code_expires() {
    let server = Server::start_with(Options::manual_clock()).await;
    for (profile, seconds) in [
        (Profile::Standard, 60),
        (Profile::Meet, 60),
        (Profile::Trueconf, 60),
        (Profile::Jiomeet, 300),
    ] {
        assert!(profile.policy().code_seconds <= MAX_CODE_SECONDS);
        let application = server.application(NewApplication::of(profile)).await;
        let (code, verifier) = application.code(&server, &[]).await;
        server.advance(Duration::from_secs(seconds - 1));
        application.exchange(&code, &verifier).await.ok();
        let (code, verifier) = application.code(&server, &[]).await;
        server.advance(Duration::from_secs(seconds));
        assert_eq!(
            application.exchange(&code, &verifier).await.error(),
            "invalid_grant",
            "{profile}"
        );
    }
    assert_eq!(MAX_CODE_SECONDS, 600);
}
