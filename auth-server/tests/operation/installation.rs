//! An installation: storage of its own, the commands that work on it, and the instances that serve it.

use std::fs::File;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use auth_server::config::Config;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

use crate::harness::ports::free_port;
use crate::harness::{Application, Browser, EMAIL, PASSWORD, Storage, client};

const BINARY: &str = env!("CARGO_BIN_EXE_auth-server");
const PATIENCE: Duration = Duration::from_secs(30);

/// Storage and settings that commands and instances share.
pub struct Installation {
    pub environment: Vec<(String, String)>,
    pub folder: TempDir,
    pub issuer: String,
    first_port: u16,
    _storage: Box<dyn std::any::Any>,
}

/// What a command printed.
#[derive(Debug)]
pub struct Outcome {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

/// One running process.
pub struct Instance {
    pub url: String,
    pub log: PathBuf,
    process: Child,
}

/// The clients of an installation that has everything registered.
pub struct Registered {
    pub application: Application,
    pub resource_id: String,
    pub resource_secret: String,
}

impl Installation {
    /// An empty one on storage of this kind.
    pub async fn on(storage: Storage) -> Self {
        let mut config = Config::load(None, |_| None).expect("the defaults are sound");
        let guard = storage.prepare(&mut config).await;
        let mut installation = Self::at(&config.database_url, &config.redis_url, Box::new(guard));
        installation.set("ANTEROOM_REDIS_PREFIX", &config.redis_prefix);
        installation
    }

    /// An empty one on the given stores; `storage` is kept for as long.
    pub fn at(database_url: &str, redis_url: &str, storage: Box<dyn std::any::Any>) -> Self {
        let first_port = free_port();
        let issuer = format!("http://127.0.0.1:{first_port}");
        let mut installation = Self {
            environment: Vec::new(),
            folder: TempDir::new().expect("a folder"),
            issuer: issuer.clone(),
            first_port,
            _storage: storage,
        };
        for (name, value) in [
            ("DATABASE_URL", database_url),
            ("REDIS_URL", redis_url),
            ("ISSUER_URL", &issuer),
            ("ANTEROOM_DATABASE__MAX_CONNECTIONS", "6"),
            ("ANTEROOM_LIMITS__FAILURES_PER_ADDRESS", "0"),
        ] {
            installation.set(name, value);
        }
        installation
    }

    /// Sets a variable of the environment of what is started from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter().cloned())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    pub async fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with_input(arguments, "").await
    }

    pub async fn run_with_input(&self, arguments: &[&str], input: &str) -> Outcome {
        let mut process = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut stdin = process.stdin.take().expect("a pipe");
        // A command that does not read is free to end before.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let output = tokio::time::timeout(PATIENCE, process.wait_with_output())
            .await
            .unwrap_or_else(|_| panic!("{arguments:?} does not end"))
            .expect("output");
        Outcome {
            status: output.status,
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// Runs a command that must work, and reads its JSON.
    pub async fn json(&self, arguments: &[&str]) -> Value {
        let outcome = self.run(&[arguments, &["--json"]].concat()).await;
        assert!(outcome.status.success(), "{arguments:?}: {outcome:?}");
        assert_eq!(outcome.stdout.lines().count(), 1, "{outcome:?}");
        serde_json::from_str(&outcome.stdout).expect("JSON")
    }

    /// Runs a command that must fail, and returns the one line that it says.
    pub async fn refused(&self, arguments: &[&str]) -> String {
        let outcome = self.run(arguments).await;
        assert!(!outcome.status.success(), "{arguments:?}: {outcome:?}");
        assert_eq!(outcome.status.code(), Some(1), "{arguments:?}: {outcome:?}");
        assert_eq!(outcome.stdout, "", "{arguments:?}");
        assert_eq!(outcome.stderr.lines().count(), 1, "{arguments:?}: {outcome:?}");
        outcome.stderr.trim_end().to_owned()
    }

    /// Starts an instance: the first one at the issuer's address.
    pub async fn serve(&self) -> Instance {
        self.serve_at(self.first_port).await
    }

    /// Starts another instance beside the first.
    pub async fn serve_beside(&self) -> Instance {
        self.serve_at(free_port()).await
    }

    async fn serve_at(&self, port: u16) -> Instance {
        let log = self.folder.path().join(format!("{port}.log"));
        let file = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .expect("a log");
        let process = self
            .command(&[])
            .env("LISTEN_ADDR", format!("127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .expect("the binary starts");
        let mut instance = Instance {
            url: format!("http://127.0.0.1:{port}"),
            log,
            process,
        };
        instance.until_live().await;
        instance
    }

    /// Adds alice, a resource server and a standard application.
    pub async fn register(&self) -> Registered {
        self.json(&["user", "add", "--email", EMAIL, "--password", PASSWORD])
            .await;
        let resource = self
            .json(&[
                "resource",
                "add",
                "--name",
                "Rooms",
                "--url",
                "http://localhost:8081",
            ])
            .await;
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        Registered {
            application: self.application("standard", &[]).await,
            resource_id: text(&resource["client_id"]),
            resource_secret: text(&resource["client_secret"]),
        }
    }

    /// Adds an application.
    pub async fn application(&self, profile: &str, more: &[&str]) -> Application {
        let redirect_uri = "https://app.example/callback";
        let base = ["app", "add", "--name", "Demo", "--profile", profile];
        let uri = [
            "--redirect-uri",
            redirect_uri,
            "--scope",
            "rooms:list rooms:create",
        ];
        let added = self.json(&[&base[..], &uri, more].concat()).await;
        Application {
            url: self.issuer.clone(),
            client_id: added["client_id"].as_str().expect("an id").to_owned(),
            secret: added["client_secret"].as_str().map(str::to_owned),
            redirect_uri: redirect_uri.to_owned(),
        }
    }
}

impl Instance {
    async fn until_live(&mut self) {
        let begun = Instant::now();
        let live = format!("{}/health/live", self.url);
        while client().get(&live).send().await.is_err() {
            let ended = self.process.try_wait().expect("a status");
            assert!(ended.is_none(), "{ended:?}: {}", self.logged());
            assert!(begun.elapsed() < PATIENCE, "does not start: {}", self.logged());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub fn logged(&self) -> String {
        let bytes = std::fs::read(&self.log).expect("a log");
        String::from_utf8(bytes).expect("UTF-8")
    }

    /// SIGKILL: nothing of the process runs any more when this returns.
    pub async fn kill(mut self) {
        self.process.kill().await.expect("killed");
    }

    /// SIGTERM, and the exit status.
    pub async fn stop(mut self) -> ExitStatus {
        let id = self.process.id().expect("it runs").to_string();
        let sent = Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .await
            .expect("kill");
        assert!(sent.success());
        tokio::time::timeout(PATIENCE, self.process.wait())
            .await
            .expect("stops")
            .expect("a status")
    }

    pub fn browser(&self) -> Browser {
        Browser::new(&self.url)
    }

    /// A browser in which alice has signed in.
    pub async fn signed_in(&self) -> Browser {
        let browser = self.browser();
        browser.sign_in(EMAIL, PASSWORD).await;
        browser
    }

    /// A code that alice approved, and its verifier.
    pub async fn code(&self, application: &Application, browser: &Browser) -> (String, String) {
        assert_eq!(browser.url, self.url);
        let (request, verifier) = application.request(&[]);
        (browser.approve(&request).await.code(), verifier)
    }
}

impl Registered {
    /// Whether an instance says that a token is active; none while it cannot say.
    pub async fn introspect(&self, url: &str, token: &str) -> Option<bool> {
        let answer = client()
            .post(format!("{url}/oauth2/introspect"))
            .basic_auth(&self.resource_id, Some(&self.resource_secret))
            .form(&[("token", token)])
            .send()
            .await
            .expect("an answer");
        if answer.status() != 200 {
            return None;
        }
        let body: Value = answer.json().await.expect("JSON");
        body["active"].as_bool()
    }
}
