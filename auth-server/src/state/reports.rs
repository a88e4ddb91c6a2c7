//! Writes the reasons of refused requests, in batches and behind the requests: a flood of errors costs neither
//! time nor memory, only some of its reports.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::AppState;
use crate::domain::audit::ErrorReport;
use crate::flows::registry::{Registry, RegistryError};
use crate::store::sql;
use crate::telemetry::METRICS;

const WRITE_EVERY: Duration = Duration::from_millis(200);
const MAX_WAITING: usize = 2000;

/// Reports that are not in the database yet.
#[derive(Debug, Default)]
pub struct Reports {
    unwritten: Mutex<Unwritten>,
}

#[derive(Debug, Default)]
struct Unwritten {
    waiting: Vec<ErrorReport>,
    being_written: Arc<Vec<ErrorReport>>,
}

impl Reports {
    fn unwritten(&self) -> MutexGuard<'_, Unwritten> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a report over.
    pub fn push(&self, report: ErrorReport) {
        let waiting = &mut self.unwritten().waiting;
        if waiting.len() < MAX_WAITING {
            waiting.push(report);
        } else {
            METRICS.dropped_reports.inc();
        }
    }

    fn begin(&self) -> Arc<Vec<ErrorReport>> {
        let mut unwritten = self.unwritten();
        unwritten.being_written = Arc::new(std::mem::take(&mut unwritten.waiting));
        Arc::clone(&unwritten.being_written)
    }

    fn end(&self) {
        self.unwritten().being_written = Arc::default();
    }

    fn find(&self, id: Uuid) -> Option<ErrorReport> {
        let unwritten = self.unwritten();
        let mut all = unwritten.waiting.iter().chain(unwritten.being_written.iter());
        all.find(|report| report.id == id).cloned()
    }
}

impl AppState {
    /// The exact reason behind an error id, also while it is not written: who copies the id from a page and looks it up
    /// at once finds it.
    pub async fn error_report(
        &self,
        registry: &Registry<'_>,
        id: Uuid,
    ) -> Result<ErrorReport, RegistryError> {
        match self.reports.find(id) {
            Some(report) => Ok(report),
            None => registry.error_report(id).await,
        }
    }
}

pub(super) async fn run(state: AppState) {
    let mut ticks = tokio::time::interval(WRITE_EVERY);
    loop {
        let stopping = tokio::select! {
            () = state.stopping.cancelled() => true,
            _ = ticks.tick() => false,
        };
        let reports = state.reports.begin();
        if !reports.is_empty()
            && let Err(error) = sql::audit::insert_reports(&state.services.database, &reports).await
        {
            tracing::warn!(%error, count = reports.len(), "error reports not written");
            METRICS.dropped_reports.inc_by(reports.len() as u64);
        }
        state.reports.end();
        if stopping {
            return;
        }
    }
}
