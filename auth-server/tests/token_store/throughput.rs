//! A rough measure of each store, run by hand:
//! `cargo test -p auth-server --test token_store throughput -- --ignored --nocapture --test-threads 1`

use std::time::Duration;

use tokio::time::Instant;

use crate::backend::{Backend, Place, run};
use crate::fixtures::*;

const TASKS: usize = 32;
const LENGTH: Duration = Duration::from_secs(2);

async fn measure<F>(what: &str, work: impl Fn() -> F)
where
    F: Future<Output = u64> + Send + 'static,
{
    let begun = Instant::now();
    let tasks: Vec<_> = (0..TASKS).map(|_| tokio::spawn(work())).collect();
    let mut done = 0;
    for task in tasks {
        done += task.await.unwrap();
    }
    #[expect(clippy::cast_precision_loss, reason = "a rough figure")]
    let rate = done as f64 / begun.elapsed().as_secs_f64();
    eprintln!("{what:<28} {rate:>9.0} / s");
}

async fn all(backend: &Backend) {
    let store = &backend.store;
    let until = |begun: Instant| begun.elapsed() < LENGTH;
    measure("record_access", || {
        let (store, grant) = (store.clone(), server_wide());
        async move {
            let (begun, mut done) = (Instant::now(), 0);
            while until(begun) {
                store.record_access(&jwt(NOW), &grant).await.unwrap();
                done += 1;
            }
            done
        }
    })
    .await;
    measure("store_code + redeem_code", || {
        let store = store.clone();
        async move {
            let (begun, mut done, grant) = (Instant::now(), 0, grant());
            while until(begun) {
                open(&store, &grant, NOW).await;
                done += 1;
            }
            done
        }
    })
    .await;
    measure("refresh, rotating", || {
        let store = store.clone();
        async move {
            let opened = open(&store, &grant(), NOW).await;
            let (begun, mut done, mut token) = (Instant::now(), 0, opened.token);
            while until(begun) {
                let outcome = attempt(&store, &rotate(&token, &opened.grant.client_id, 0, NOW), NOW).await;
                assert_eq!(outcome, "refreshed");
                token = successor(&token);
                done += 1;
            }
            done
        }
    })
    .await;
    measure("find_access, of a family", || {
        let store = store.clone();
        async move {
            let opened = open(&store, &grant(), NOW).await;
            let (begun, mut done) = (Instant::now(), 0);
            while until(begun) {
                assert!(is_live(&store, &opened.access, NOW).await);
                done += 1;
            }
            done
        }
    })
    .await;
    measure("count, two counters", || {
        let store = store.clone();
        async move {
            let (begun, mut done) = (Instant::now(), 0);
            let counts = [
                (uuid::Uuid::new_v4().to_string(), 1),
                (uuid::Uuid::new_v4().to_string(), 1),
            ];
            while until(begun) {
                store.count(&counts, Duration::from_mins(1), NOW).await.unwrap();
                done += 1;
            }
            done
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measure, not a test"]
async fn throughput_of_each_store() {
    eprintln!("Redis");
    run(Place::redis().await, |backend| Box::pin(all(backend))).await;
    eprintln!("SQLite");
    run(Place::sqlite().await, |backend| Box::pin(all(backend))).await;
    eprintln!("PostgreSQL");
    run(Place::postgres().await, |backend| Box::pin(all(backend))).await;
}
