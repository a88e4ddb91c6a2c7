//! Mail from the command line: what a command writes, the running server sends.

use crate::harness::{Authority, EMAIL, Neighbour, PASSWORD, Smtp, SmtpTls, Storage};
use crate::installation::Installation;

/// S4.18: a developer is written to when an application is decided on by a command, in the name of the issuer; the
/// server that runs beside it sends the message.
#[tokio::test(flavor = "multi_thread")]
async fn a_decision_on_the_command_line_is_sent_by_the_server() {
    for storage in [Storage::SqliteEmbedded, Storage::PostgresRedis] {
        let sink = Smtp::start().await;
        let mut at = Installation::on(storage).await;
        at.set("SMTP_URL", &sink.url());
        let email = "dev@example.com";
        let developer = [
            "user",
            "add",
            "--email",
            email,
            "--developer",
            "--password",
            PASSWORD,
        ];
        at.json(&developer).await;
        let add = [
            "app",
            "add",
            "--name",
            "Calendar",
            "--profile",
            "jiomeet",
            "--owner",
            email,
            "--pending",
        ];
        let uri = [
            "--redirect-uri",
            "https://app.example/callback",
            "--scope",
            "user:read",
        ];
        let added = at.json(&[&add[..], &uri].concat()).await;
        let id = added["client_id"].as_str().expect("an id");
        let instance = at.serve().await;
        at.json(&["app", "reject", id, "--reason", "The policy is missing."])
            .await;
        let sent = sink.wait_for(1).await;
        assert_eq!(sent[0].to, [format!("RCPT TO:<{email}>")]);
        let text = sent[0].text();
        assert!(
            text.contains("The policy is missing.") && text.contains("/developer"),
            "{text}"
        );
        instance.stop().await;
    }
}

/// The doctor says whether the mail server answers, and a setting that would send messages in the clear is refused.
#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_asks_the_mail_server() {
    let sink = Smtp::start().await;
    let mut at = Installation::on(Storage::SqliteEmbedded).await;
    at.json(&["migrate"]).await;
    at.set("SMTP_URL", &sink.url());
    let outcome = at.run(&["doctor"]).await;
    assert!(outcome.stdout.contains("ok    mail"), "{outcome:?}");
    at.set("SMTP_URL", "smtp://127.0.0.1:1");
    let outcome = at.run(&["doctor"]).await;
    assert!(outcome.stdout.contains("MEND  mail"), "{outcome:?}");
    at.set("SMTP_URL", "smtp://user:hunter2@mail.example.com");
    let line = at.refused(&["serve"]).await;
    assert!(
        line.contains("mail.smtp_url") && line.contains("in the clear"),
        "{line}"
    );
    assert!(!line.contains("hunter2"), "{line}");
}

/// H3, H5: no log at any level holds the link of a message, the password that it set, the signing secret of a receiver
/// of events, or the path of its address.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_out_is_in_no_log() {
    let sink = Smtp::start().await;
    let neighbour = Neighbour::start().await;
    neighbour.on("/hook/path-of-a-secret", |_| "an answer of theirs");
    let mut at = Installation::on(Storage::SqliteEmbedded).await;
    at.set("RUST_LOG", "trace");
    at.set("SMTP_URL", &sink.url());
    at.set("ANTEROOM_OUTBOUND__ALLOW_PRIVATE_TARGETS", "127.0.0.1");
    at.json(&["user", "add", "--email", EMAIL, "--admin", "--password", PASSWORD])
        .await;
    let server = at.serve().await;
    let browser = server.browser();
    let form = browser.get("/forgot-password").await.form("/forgot-password");
    browser.submit(&form.with("email", EMAIL)).await;
    let link = sink.wait_for(1).await[0].link();
    let path = link
        .strip_prefix(&server.url)
        .expect("a link to the server")
        .to_owned();
    let password = "a new and secret password";
    let form = browser.get(&path).await.form("/reset-password");
    assert_eq!(browser.submit(&form.with("password", password)).await.status, 200);
    browser.sign_in(EMAIL, password).await;
    let new = "/admin/webhooks/new";
    let form = browser.get(new).await.form(new);
    let url = neighbour.at("/hook/path-of-a-secret");
    let made = browser
        .submit(&form.with("url", &url).and("event", "key.rotated"))
        .await;
    let secret = made.texts("#secret").remove(0);
    let receiver = made.attributes("main a.button", "href").remove(0);
    let form = browser.get(&receiver).await.form(&receiver);
    browser.submit(&form.with("action", "test")).await;
    for _ in 0..300 {
        if !neighbour.received().is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(neighbour.received().len(), 1);
    let log = server.log.clone();
    assert!(server.stop().await.success());
    let log = std::fs::read_to_string(log).expect("a log");
    assert!(
        log.contains("TRACE") && log.contains("/reset-password"),
        "the log holds what there is"
    );
    let token = path.split("token=").nth(1).expect("a token");
    for hidden in [
        token,
        password,
        secret.trim_start_matches("whsec_"),
        "path-of-a-secret",
    ] {
        let lines: Vec<&str> = log.lines().filter(|line| line.contains(hidden)).collect();
        assert!(lines.is_empty(), "{hidden}: {lines:?}");
    }
}

/// Mail goes over TLS to a server whose certificate is trusted, with a password that only TLS carries; one whose
/// certificate nobody vouches for gets nothing.
#[tokio::test(flavor = "multi_thread")]
async fn mail_servers_are_who_they_say() {
    let authority = Authority::new();
    for implicit in [true, false] {
        let tls = if implicit {
            SmtpTls::Implicit(authority.acceptor())
        } else {
            SmtpTls::StartTls(authority.acceptor())
        };
        let sink = Smtp::start_with(tls).await;
        let mut at = Installation::on(Storage::SqliteEmbedded).await;
        let certificate = at.folder.path().join("authority.pem");
        std::fs::write(&certificate, authority.pem()).expect("written");
        let port = sink.port();
        let url = if implicit {
            format!("smtps://user:hunter2@127.0.0.1:{port}")
        } else {
            format!("smtp://user:hunter2@127.0.0.1:{port}?starttls")
        };
        at.set("SMTP_URL", &url);
        at.json(&["user", "add", "--email", EMAIL, "--password", PASSWORD])
            .await;
        let outcome = at.run(&["doctor"]).await;
        assert!(outcome.stdout.contains("MEND  mail"), "{outcome:?}");
        assert_eq!(sink.signed_in(), 0, "no password for a stranger");
        at.set("SSL_CERT_FILE", certificate.to_str().expect("a path"));
        let outcome = at.run(&["doctor"]).await;
        assert!(outcome.stdout.contains("ok    mail"), "{outcome:?}");
        let server = at.serve().await;
        let browser = server.browser();
        let form = browser.get("/forgot-password").await.form("/forgot-password");
        browser.submit(&form.with("email", EMAIL)).await;
        sink.wait_for(1).await;
        assert!(sink.signed_in() > 0);
        server.stop().await;
    }
}
