//! A process that is killed: what it had answered stays done.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use auth_server::domain::secret::PlainToken;
use auth_server::domain::token::{Redemption, RevocationTarget};

use crate::backend::Place;
use crate::fixtures::*;

const FILE: &str = "TOKEN_STORE_CHILD_FILE";
const ANSWERED: &str = "everything is answered";

fn fixed(name: &str) -> PlainToken {
    PlainToken::presented(format!("fixed-{name}"))
}

/// Works on the file it is given, says that it has its answers, and waits to be killed.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs as the child of a_killed_process_has_done_what_it_answered"]
async fn child() {
    let url = format!("sqlite://{}", env::var(FILE).unwrap());
    let database = auth_server::store::database::Database::open(&url, 2)
        .await
        .unwrap();
    let store: Store = std::sync::Arc::new(auth_server::store::tokens::embedded::EmbeddedTokenStore::new(
        &database,
    ));
    let grant = grant();
    let record = code_record(&grant, NOW);
    store
        .store_code(&fixed("code").hashed(), &record, NOW)
        .await
        .unwrap();
    store
        .redeem_code(&fixed("code").hashed(), &opening(&fixed("refresh"), NOW), NOW)
        .await
        .unwrap();
    let rotation = rotate(&fixed("refresh"), &grant.client_id, 0, NOW);
    assert_eq!(attempt(&store, &rotation, NOW).await, "refreshed");
    let opaque_access = opaque(&fixed("access"), NOW);
    store.record_access(&opaque_access, &grant).await.unwrap();
    store
        .revoke(&RevocationTarget::Access(opaque_access.key), NOW)
        .await
        .unwrap();
    assert!(store.remember_once("assertion", NOW + HOUR, NOW).await.unwrap());
    eprintln!("{ANSWERED}");
    std::future::pending::<()>().await;
}

/// H8, D2
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_has_done_what_it_answered() {
    let place = Place::sqlite().await;
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "killed::child", "--ignored", "--nocapture"])
        .env(FILE, place.sqlite_file())
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let answered = lines.any(|line| line.unwrap().contains(ANSWERED));
    // SIGKILL: nothing of the process runs any more.
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(answered, "the child failed");

    let store = place.store().await;
    let successor = successor(&fixed("refresh"));
    assert!(is_refreshable(&store, &successor, NOW).await);
    let revoked = opaque(&fixed("access"), NOW);
    assert!(!is_live(&store, &revoked, NOW).await);
    assert!(!store.remember_once("assertion", NOW + HOUR, NOW).await.unwrap());
    assert_eq!(store.events(None, 10).await.unwrap().len(), 1);
    let again = opening(&PlainToken::generate("rt-"), NOW);
    let replay = store
        .redeem_code(&fixed("code").hashed(), &again, NOW)
        .await
        .unwrap();
    assert!(matches!(replay, Redemption::Replayed { .. }));
    assert!(!is_refreshable(&store, &successor, NOW).await);
}
