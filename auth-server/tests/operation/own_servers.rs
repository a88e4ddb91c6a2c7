//! A Redis and a PostgreSQL of a test's own, which it may stop and start.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use crate::harness::ports::free_port;

const PATIENCE: Duration = Duration::from_secs(30);

/// Redis with an append-only file.
pub struct OwnRedis {
    folder: TempDir,
    port: u16,
    process: Option<Child>,
}

impl OwnRedis {
    /// Not started yet.
    pub fn new() -> Self {
        Self {
            folder: TempDir::new().expect("a folder"),
            port: free_port(),
            process: None,
        }
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub async fn start(&mut self) {
        let process = Command::new("redis-server")
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--appendonly", "yes", "--save", ""])
            .arg("--dir")
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server must be installed");
        self.process = Some(process);
        let client = redis::Client::open(self.url()).expect("a URL");
        let begun = Instant::now();
        while client.get_multiplexed_async_connection().await.is_err() {
            assert!(begun.elapsed() < PATIENCE, "redis-server does not answer");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("killed");
            process.wait().expect("ended");
        }
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A PostgreSQL cluster. Its programs refuse to run as root, so root runs them as `postgres`.
pub struct OwnPostgres {
    folder: PathBuf,
    port: u16,
}

fn programs() -> PathBuf {
    let mut found: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|path| path.join("initdb").exists())
        .collect();
    found.sort();
    // Elsewhere than on Debian they are found by name.
    found.pop().unwrap_or_default()
}

fn as_postgres(program: PathBuf) -> Command {
    let id = Command::new("id").arg("-u").output().expect("id");
    let mut command = if id.stdout == b"0\n" {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    // A folder that `postgres` may enter, too.
    command.current_dir("/").stdin(Stdio::null());
    command
}

fn succeed(command: &mut Command) -> String {
    let output = command.output().expect("PostgreSQL must be installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {text} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

impl OwnPostgres {
    /// A new cluster, not started yet.
    pub fn new() -> Self {
        let made = succeed(as_postgres(PathBuf::from("mktemp")).args(["-d", "/tmp/anteroom-pg.XXXXXX"]));
        let own = Self {
            folder: PathBuf::from(made.trim_end()),
            port: free_port(),
        };
        succeed(
            as_postgres(programs().join("initdb"))
                .args([
                    "--no-sync",
                    "--auth=trust",
                    "--username=postgres",
                    "--encoding=UTF8",
                    "--locale=C",
                ])
                .arg("--pgdata")
                .arg(own.data()),
        );
        own
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn control(&self, arguments: &[&str]) -> Command {
        let mut command = as_postgres(programs().join("pg_ctl"));
        command.arg("--pgdata").arg(self.data()).args(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    pub async fn start(&self) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -k {}",
            self.port,
            self.folder.display()
        );
        let log = self.folder.join("log");
        let log = log.to_str().expect("UTF-8");
        let started = self
            .control(&["--wait", "--log", log, "--options", &options, "start"])
            .status()
            .expect("pg_ctl");
        assert!(started.success());
        let begun = Instant::now();
        while PgConnection::connect(&self.url()).await.is_err() {
            assert!(begun.elapsed() < PATIENCE, "PostgreSQL does not answer");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Without any good-bye to clients.
    pub fn stop(&self) {
        let stopped = self.control(&["--wait", "--mode", "immediate", "stop"]).status();
        assert!(stopped.expect("pg_ctl").success());
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        // It may be stopped already.
        let _ = self.control(&["--mode", "immediate", "stop"]).status();
        let _ = as_postgres(PathBuf::from("rm"))
            .arg("-rf")
            .arg(&self.folder)
            .status();
    }
}
