//! The database goes away and comes back; nothing is restarted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use reqwest::Method;
use resource_server::config::Secret;
use sqlx::{Connection, SqliteConnection};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;

use crate::harness::app::ROOMS;
use crate::harness::{App, Engine, Person, eventually};

/// Stands between the server and PostgreSQL.
struct Wire {
    address: String,
    down: Arc<AtomicBool>,
    cut: broadcast::Sender<()>,
}

impl Wire {
    async fn to(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (down, cut) = (Arc::new(AtomicBool::default()), broadcast::Sender::new(1));
        let wire = Self {
            address,
            down: Arc::clone(&down),
            cut: cut.clone(),
        };
        tokio::spawn(async move {
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                if down.load(SeqCst) {
                    continue;
                }
                let (target, mut cut) = (target.clone(), cut.subscribe());
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(target).await.unwrap();
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        _ = cut.recv() => {}
                    }
                });
            }
        });
        wire
    }

    fn set_down(&self, down: bool) {
        self.down.store(down, SeqCst);
        if down {
            let _ = self.cut.send(());
        }
    }
}

async fn assert_unavailable(app: &App, person: &Person, method: Method) {
    let started = Instant::now();
    let reply = app.call(method, ROOMS, person, None).await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("retry-after")),
        (503, "1"),
        "{reply:?}"
    );
    assert!(
        reply.body["detail"].is_string() && !reply.body.to_string().contains("postgres"),
        "{reply:?}"
    );
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn losing_postgresql_answers_503_and_work_resumes() {
    if std::env::var_os("ANTEROOM_TEST_SKIP_POSTGRES").is_some() {
        return;
    }
    let wire = Arc::new(std::sync::Mutex::new(None));
    let (sender, receiver) = tokio::sync::oneshot::channel();
    // The wire must stand before the server starts, and its target is known only then.
    let slot = Arc::clone(&wire);
    let runtime = tokio::runtime::Handle::current();
    let app = tokio::task::spawn_blocking(move || {
        runtime
            .clone()
            .block_on(App::start_with(Engine::Postgres, move |config| {
                let url = url::Url::parse(config.database.url.expose()).unwrap();
                let target = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432));
                let made = std::thread::spawn(move || runtime.block_on(Wire::to(target)))
                    .join()
                    .unwrap();
                let mut through = url.clone();
                let (host, port) = made.address.split_once(':').unwrap();
                through.set_host(Some(host)).unwrap();
                through.set_port(Some(port.parse().unwrap())).unwrap();
                config.database.url = Secret::from(through.as_str());
                config.database.acquire_timeout = Duration::from_millis(500);
                *slot.lock().unwrap() = Some(made);
                sender.send(()).unwrap();
            }))
    })
    .await
    .unwrap();
    receiver.await.unwrap();
    let wire = wire.lock().unwrap().take().unwrap();
    let ann = Person::new(&app);
    let room = app.make_room(&ann).await;

    wire.set_down(true);
    assert_unavailable(&app, &ann, Method::GET).await;
    assert_unavailable(&app, &ann, Method::POST).await;
    app.becomes("not ready").await;

    wire.set_down(false);
    let reply = eventually(async || {
        let reply = app.get(ROOMS, &ann).await;
        if reply.status == 200 {
            Ok(reply)
        } else {
            Err(format!("{reply:?}"))
        }
    })
    .await;
    assert_eq!(reply.body["results"][0]["id"], room["id"]);
    app.becomes("ready").await;
    app.make_room(&ann).await;
}

#[tokio::test]
async fn a_locked_sqlite_file_answers_503_and_work_resumes() {
    let mut file = String::new();
    let app = App::start_with(Engine::Sqlite, |config| {
        config.database.acquire_timeout = Duration::from_millis(300);
        file = config.database.url.expose().to_owned();
    })
    .await;
    let ann = Person::new(&app);
    app.make_room(&ann).await;
    let mut other = SqliteConnection::connect(&file).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    assert_unavailable(&app, &ann, Method::POST).await;
    // Readers do not wait for a writer.
    assert_eq!(app.get(ROOMS, &ann).await.status, 200);
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    app.make_room(&ann).await;
}
