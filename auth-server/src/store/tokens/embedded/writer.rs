//! The one writer of a SQLite file: takes what waits, runs it in one transaction, commits once, answers all.
//! SQLite lets one connection write at a time anyway; so commits are shared instead of queued for.
//!
//! Durability. In WAL mode every commit survives a killed process, because it is in the operating system's
//! hands. [`Durability::PowerCut`] commits also wait for the disk (`synchronous=FULL`): those whose loss would
//! undo an answer that a client relies on and cannot ask for again, or bring back what was used up or revoked
//! (redeemed codes, rotated refresh tokens, revocations, remembered assertions, ended sessions). The rest
//! (new codes, lone access tokens, counters, new sessions) may be requested again, and is committed with NORMAL.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection as _, Executor as _};
use tokio::sync::{mpsc, oneshot};

use super::connection::{Connection, STORE};
use crate::store::StoreError;

/// How many steps may wait; more wait at their callers.
const QUEUE: usize = 1024;

/// How long a caller waits for a place in the queue.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many steps share a commit at most.
const BATCH: usize = 128;

/// A step of the store: may be run again if the transaction around it failed.
pub(super) type Step<I, T> = for<'c> fn(Connection<'c>, &'c I) -> BoxFuture<'c, Result<T, StoreError>>;

/// What an answered step survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Durability {
    /// The process's end.
    Kill,
    /// The machine's end.
    PowerCut,
}

/// Hands steps to the writer's task, which ends when the last handle is dropped.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Box<dyn Job>>,
}

impl Writer {
    /// Starts the task; it opens its connection when first needed.
    pub(super) fn start(options: Arc<SqliteConnectOptions>) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(
            Task {
                options,
                connection: None,
                durability: None,
                waiting,
            }
            .run(),
        );
        Self { queue }
    }

    /// Runs a step and waits for its commit.
    pub(super) async fn run<I, T>(
        &self,
        durability: Durability,
        input: I,
        step: Step<I, T>,
    ) -> Result<T, StoreError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Pending {
            durability,
            input,
            step,
            result: None,
            reply,
        });
        if self.queue.send_timeout(job, PATIENCE).await.is_err() {
            return Err(unavailable("too many writes are waiting"));
        }
        answer
            .await
            .unwrap_or_else(|_| Err(unavailable("the writer has stopped")))
    }
}

/// A step that waits for its turn, whatever its types.
trait Job: Send + std::fmt::Debug {
    fn durability(&self) -> Durability;
    /// Runs the step and keeps its result; false when it failed.
    fn run<'j>(&'j mut self, connection: &'j mut SqliteConnection) -> BoxFuture<'j, bool>;
    /// Answers with the result, or with why the transaction failed.
    fn answer(self: Box<Self>, failure: Option<&str>);
}

struct Pending<I, T> {
    durability: Durability,
    input: I,
    step: Step<I, T>,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<I, T> std::fmt::Debug for Pending<I, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pending")
            .field("durability", &self.durability)
            .finish_non_exhaustive()
    }
}

impl<I: Send + Sync, T: Send> Job for Pending<I, T> {
    fn durability(&self) -> Durability {
        self.durability
    }

    fn run<'j>(&'j mut self, connection: &'j mut SqliteConnection) -> BoxFuture<'j, bool> {
        Box::pin(async move {
            let result = (self.step)(Connection::Sqlite(connection), &self.input).await;
            let succeeded = result.is_ok();
            self.result = Some(result);
            succeeded
        })
    }

    fn answer(self: Box<Self>, failure: Option<&str>) {
        let answer = match (self.result, failure) {
            // The step's own failure says more than the transaction's.
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(value)), None) => Ok(value),
            (_, Some(reason)) => Err(unavailable(reason)),
            (None, None) => Err(unavailable("the step did not run")),
        };
        // Whoever asked may have gone away; the step is done all the same.
        let _ = self.reply.send(answer);
    }
}

struct Task {
    options: Arc<SqliteConnectOptions>,
    connection: Option<SqliteConnection>,
    /// What the connection is set to.
    durability: Option<Durability>,
    waiting: mpsc::Receiver<Box<dyn Job>>,
}

impl Task {
    async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        while self.waiting.recv_many(&mut batch, BATCH).await > 0 {
            if !self.commit_together(&mut batch).await {
                // One of them fails, or the commit did: alone, each gets the answer it deserves.
                for job in batch.drain(..) {
                    self.commit_alone(job).await;
                }
            }
        }
        if let Some(connection) = self.connection {
            let _ = connection.close().await;
        }
    }

    /// True when the batch was committed and answered.
    async fn commit_together(&mut self, batch: &mut Vec<Box<dyn Job>>) -> bool {
        if batch.len() < 2 || self.transaction(batch).await.is_err() {
            return false;
        }
        for job in batch.drain(..) {
            job.answer(None);
        }
        true
    }

    async fn commit_alone(&mut self, job: Box<dyn Job>) {
        let mut alone = [job];
        let failure = self.transaction(&mut alone).await.err();
        let [job] = alone;
        job.answer(failure.as_deref());
    }

    /// One transaction around all of `jobs`; nothing of it remains if it fails.
    async fn transaction(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), String> {
        let durability = jobs
            .iter()
            .map(|job| job.durability())
            .max()
            .unwrap_or(Durability::Kill);
        let connection = if let Some(connection) = self.connection.take() {
            connection
        } else {
            self.durability = None;
            SqliteConnection::connect_with(&self.options)
                .await
                .map_err(|error| error.to_string())?
        };
        let connection = self.connection.insert(connection);
        if self.durability != Some(durability) {
            let pragma = match durability {
                Durability::Kill => "PRAGMA synchronous = NORMAL",
                Durability::PowerCut => "PRAGMA synchronous = FULL",
            };
            connection
                .execute(pragma)
                .await
                .map_err(|error| error.to_string())?;
            self.durability = Some(durability);
        }
        connection
            .execute("BEGIN IMMEDIATE")
            .await
            .map_err(|error| error.to_string())?;
        let mut failure = None;
        for job in jobs {
            if !job.run(connection).await {
                failure = Some("a step failed".to_owned());
                break;
            }
        }
        if failure.is_none() {
            failure = connection
                .execute("COMMIT")
                .await
                .err()
                .map(|error| error.to_string());
        }
        let Some(reason) = failure else { return Ok(()) };
        if connection.execute("ROLLBACK").await.is_err() {
            // In an unknown state: the next transaction opens another one.
            self.connection = None;
        }
        Err(reason)
    }
}

fn unavailable(reason: &str) -> StoreError {
    StoreError::Unavailable {
        store: STORE,
        reason: reason.to_owned(),
    }
}
