//! H5: no secret in any log at any level, and nothing a stranger sends makes a log line of its own.

use auth_server::domain::clock::Clock;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::harness::{App, Application, Browser, EMAIL, Feed, PASSWORD, Page, Storage, client};
use crate::installation::{Installation, Instance, Registered};

/// What was used, with a name for each.
#[derive(Default)]
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn add(&mut self, what: &'static str, secret: &str) {
        assert!(secret.len() >= 10, "{what} is too short to be looked for");
        self.0.push((what, secret.to_owned()));
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        if encoded != secret {
            self.0.push((what, encoded));
        }
    }

    fn credentials(&mut self, id: &str, secret: &str) {
        self.add("client secret", secret);
        self.add("Authorization", &STANDARD.encode(format!("{id}:{secret}")));
    }

    fn cookies(&mut self, page: &Page) {
        for cookie in page.headers.get_all("set-cookie") {
            let value = cookie
                .to_str()
                .expect("text")
                .split(['=', ';'])
                .nth(1)
                .expect("a value");
            if !value.is_empty() {
                self.add("cookie", value);
            }
        }
    }

    fn found_in(&self, log: &str) -> Vec<&'static str> {
        self.0
            .iter()
            .filter(|(_, secret)| log.contains(secret.as_str()))
            .map(|(what, _)| *what)
            .collect()
    }
}

/// Signs in, step by step, so that every secret of the way is seen.
async fn sign_in(server: &Instance, password: &str, secrets: &mut Secrets) -> Browser {
    let browser = server.browser();
    let page = browser.get_once("/login").await;
    secrets.cookies(&page);
    let form = page.sign_in_form(EMAIL, password);
    secrets.add("csrf", form.value("csrf").expect("csrf"));
    let done = browser.submit_once(&form).await;
    secrets.cookies(&done);
    browser
}

async fn user_flows(server: &Instance, application: &Application, secrets: &mut Secrets) -> String {
    let browser = sign_in(server, PASSWORD, secrets).await;
    let (request, verifier) = application.request(&[]);
    secrets.add("verifier", &verifier);
    let consent = browser.get(&request).await.consent_form("allow");
    secrets.add("csrf", consent.value("csrf").expect("csrf"));
    let code = browser.submit(&consent).await.callback().code();
    secrets.add("code", &code);
    let tokens = application.exchange(&code, &verifier).await.ok();
    let next = application.refresh(tokens.refresh()).await.ok();
    for tokens in [&tokens, &next] {
        secrets.add("access token", tokens.access());
        secrets.add("refresh token", tokens.refresh());
    }
    let access = next.access().to_owned();
    // The unhappy ways: replays, a denial, a sign-out.
    application.refresh(tokens.refresh()).await;
    application.exchange(&code, &verifier).await.error();
    let (request, other) = application.request(&[("prompt", "consent")]);
    secrets.add("verifier", &other);
    let denied = browser.get(&request).await.consent_form("deny");
    browser.submit(&denied).await.callback().error();
    let posted = browser
        .get(&application.request(&[("response_mode", "form_post")]).0)
        .await;
    if let Some(code) = posted
        .body
        .split("ac-")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
    {
        secrets.add("code", &format!("ac-{code}"));
    }
    let form = browser.get("/logout").await.form("/logout");
    secrets.add("csrf", form.value("csrf").expect("csrf"));
    browser.submit(&form).await;
    access
}

/// Second factors: the app's key, recovery codes and what the steps carry.
async fn factor_flows(at: &Installation, server: &Instance, secrets: &mut Secrets) {
    const EVE: &str = "second@example.com";
    at.json(&["user", "add", "--email", EVE, "--password", PASSWORD])
        .await;
    let browser = server.browser();
    browser.sign_in(EVE, PASSWORD).await;
    let page = browser.get("/account/security/app").await;
    let key = page.texts("code.secret-key").remove(0);
    secrets.add("key of an app", &key.replace(' ', ""));
    secrets.add("key of an app", &key);
    let app = App::new(&key);
    secrets.add("key of an app", &app.secret_base64());
    let form = page.form("/account/security/app");
    secrets.add("ticket", form.value("ticket").expect("a ticket"));
    let added = browser
        .submit_once(&form.with("code", &app.code_of_step(Clock::System.now() / 30)))
        .await;
    let codes = added.texts(".recovery-codes code");
    assert_eq!(codes.len(), 10, "{}", added.body);
    for code in &codes {
        secrets.add("recovery code", code);
        secrets.add("recovery code", &code.replace('-', ""));
    }
    let half = server.browser();
    let form = half.get("/login").await.sign_in_form(EVE, PASSWORD);
    let step = half.submit_once(&form).await;
    secrets.cookies(&step);
    let page = half.get("/login/second-factor").await;
    for code in [&codes[0], &codes[0], "nonsense-code-31c"] {
        let form = page.form_with("/login/second-factor", "code").with("code", code);
        secrets.cookies(&half.submit_once(&form).await);
    }
    secrets.add("wrong code", "nonsense-code-31c");
    let page = browser.get("/account/security").await;
    let form = page.form("/account/security/password");
    let form = form.with("current", PASSWORD).with("new", "changed-password-77d");
    browser.submit_once(&form).await;
    secrets.add("new password", "changed-password-77d");
}

async fn client_flows(at: &Installation, server: &Instance, registered: &Registered, secrets: &mut Secrets) {
    for profile in ["trueconf", "keyed"] {
        let application = at.application(profile, &["--scope", "user"]).await;
        secrets.credentials(
            &application.client_id,
            application.secret.as_deref().expect("a secret"),
        );
        let fields = [
            ("grant_type", "password"),
            ("username", EMAIL),
            ("password", PASSWORD),
        ];
        let tokens = application.token(&fields).await.ok();
        secrets.add("access token", tokens.access());
        secrets.add("refresh token", tokens.refresh());
        let wrong = [
            ("grant_type", "password"),
            ("username", EMAIL),
            ("password", "wrong-password-9f2c"),
        ];
        application.token(&wrong).await.error();
    }
    secrets.add("wrong password", "wrong-password-9f2c");
    sign_in(server, "wrong-password-71aa", secrets).await;
    secrets.add("wrong password", "wrong-password-71aa");
    let application = &registered.application;
    let token = application
        .token(&[("grant_type", "client_credentials")])
        .await
        .ok();
    secrets.add("access token", token.access());
    registered.introspect(&server.url, token.access()).await;
    let (id, secret) = (&registered.resource_id, &registered.resource_secret);
    let mut feed = Feed::open(&server.url, id, secret, None).await;
    feed.backlog().await;
    application
        .post("/oauth2/revoke", &[("token", token.access())])
        .await;
    feed.next_news().await;
    // Secrets where they do not belong.
    for (what, misplaced) in [
        ("bearer", "misplaced-bearer-5d1"),
        ("query", "misplaced-query-0c7"),
        ("body", "misplaced-body-e43"),
    ] {
        let request = match what {
            "bearer" => client()
                .post(server.url.clone() + "/oauth2/token")
                .bearer_auth(misplaced),
            "query" => client().post(format!(
                "{}/oauth2/token?client_secret={misplaced}&code={misplaced}",
                server.url
            )),
            _ => client()
                .post(server.url.clone() + "/oauth2/introspect")
                .body(format!("token={misplaced}")),
        };
        request.send().await.expect("an answer");
        secrets.add("misplaced", misplaced);
    }
    let request = client().get(format!(
        "{}/oauth2/authorize?code=misplaced-code-88b&password=misplaced-word-3ab",
        server.url
    ));
    request.send().await.expect("an answer");
    for path in [
        "/login?password",
        "/oauth2/jwks?access_token",
        "/health/live?token",
    ] {
        let request = client().get(format!("{}{path}=misplaced-get-2f7", server.url));
        assert_eq!(request.send().await.expect("an answer").status(), 200);
    }
    secrets.add("misplaced", "misplaced-get-2f7");
    secrets.add("misplaced", "misplaced-code-88b");
    secrets.add("misplaced", "misplaced-word-3ab");
}

/// Tries to write lines of its own.
async fn inject(at: &Installation, server: &Instance, application: &Application) {
    const LINE: &str = "x\r\n{\"level\":\"INFO\",\"message\":\"INJECTED\"}\r\nINJECTED";
    // A name with line breaks, if the command line takes it at all.
    let user = [
        "user",
        "add",
        "--email",
        "eve@example.com",
        "--name",
        LINE,
        "--password",
        "a password of eve's",
    ];
    at.run(&user).await;
    at.run(&["app", "add", "--profile", "standard", "--name", LINE])
        .await;
    let browser = server.browser();
    let form = browser
        .get("/login")
        .await
        .sign_in_form("eve@example.com", "a password of eve's");
    browser.submit(&form).await;
    let form = server.browser().get("/login").await.sign_in_form(LINE, LINE);
    server.browser().submit_once(&form).await;
    for fields in [
        [("grant_type", LINE), ("scope", LINE)],
        [("grant_type", "client_credentials"), ("scope", LINE)],
        [("grant_type", "client_credentials"), ("resource", LINE)],
        [("grant_type", "refresh_token"), ("refresh_token", LINE)],
    ] {
        application.token(&fields).await.error();
    }
    let unknown = Application {
        client_id: LINE.to_owned(),
        ..application.clone()
    };
    unknown
        .token(&[("grant_type", "client_credentials")])
        .await
        .error();
    for name in [
        "client_id",
        "redirect_uri",
        "state",
        "scope",
        "login_hint",
        "ui_locales",
        "response_type",
    ] {
        browser.get_once(&application.request(&[(name, LINE)]).0).await;
    }
    browser.get_once("/x%0d%0aINJECTED").await;
}

async fn nothing_secret_is_logged(storage: Storage) {
    let mut at = Installation::on(storage).await;
    at.set("RUST_LOG", "trace");
    at.set("ANTEROOM_LIMITS__SIGN_IN_FAILURES_PER_ACCOUNT_AND_ADDRESS", "0");
    let registered = at.register().await;
    let server = at.serve().await;
    let mut secrets = Secrets::default();
    secrets.add("password", PASSWORD);
    let application = &registered.application;
    secrets.credentials(
        &application.client_id,
        application.secret.as_deref().expect("a secret"),
    );
    secrets.credentials(&registered.resource_id, &registered.resource_secret);
    user_flows(&server, application, &mut secrets).await;
    factor_flows(&at, &server, &mut secrets).await;
    client_flows(&at, &server, &registered, &mut secrets).await;
    inject(&at, &server, application).await;
    let log = server.log.clone();
    assert!(server.stop().await.success());

    let log = std::fs::read_to_string(log).expect("a log");
    assert!(
        log.contains("DEBUG") && log.contains("/oauth2/token"),
        "the log holds what there is"
    );
    assert_eq!(secrets.found_in(&log), [] as [&str; 0]);
    for line in log.lines() {
        let parsed = serde_json::from_str::<serde_json::Value>(line);
        assert!(
            parsed.is_ok_and(|line| line["timestamp"].is_string()),
            "no line of ours: {line}"
        );
    }
    // The commands of the set-up wrote nothing either.
    for command in [
        &["key", "list"][..],
        &["app", "list"],
        &["audit", "list", "--limit", "1000"],
        &["token", "list", "--user", EMAIL],
    ] {
        let outcome = at.run(command).await;
        assert!(outcome.status.success(), "{outcome:?}");
        let found = secrets.found_in(&(outcome.stdout + &outcome.stderr));
        assert_eq!(found, [] as [&str; 0], "{command:?}");
    }
    // H4: nor is it in the files.
    for file in std::fs::read_dir(at.folder.path()).expect("a folder") {
        let bytes = std::fs::read(file.expect("an entry").path()).expect("a file");
        let text = String::from_utf8_lossy(&bytes);
        assert_eq!(secrets.found_in(&text), [] as [&str; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    nothing_secret_is_logged(Storage::SqliteEmbedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_and_redis() {
    nothing_secret_is_logged(Storage::SqliteRedis).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres() {
    nothing_secret_is_logged(Storage::PostgresEmbedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_and_redis() {
    nothing_secret_is_logged(Storage::PostgresRedis).await;
}
