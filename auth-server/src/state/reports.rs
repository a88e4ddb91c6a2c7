//! Writes the reasons of refused requests, in batches and behind the requests: a flood of errors costs neither
//! time nor memory, only some of its reports.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::AppState;
use crate::domain::audit::ErrorReport;
use crate::store::sql;
use crate::telemetry::METRICS;

const WRITE_EVERY: Duration = Duration::from_millis(200);
const MAX_WAITING: usize = 2000;

/// Reports that wait to be written.
#[derive(Debug, Default)]
pub struct Reports {
    waiting: Mutex<Vec<ErrorReport>>,
}

impl Reports {
    /// Hands a report over.
    pub fn push(&self, report: ErrorReport) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MAX_WAITING {
            waiting.push(report);
        } else {
            METRICS.dropped_reports.inc();
        }
    }

    fn take(&self) -> Vec<ErrorReport> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(super) async fn run(state: AppState) {
    let mut ticks = tokio::time::interval(WRITE_EVERY);
    loop {
        let stopping = tokio::select! {
            () = state.stopping.cancelled() => true,
            _ = ticks.tick() => false,
        };
        let reports = state.reports.take();
        if !reports.is_empty()
            && let Err(error) = sql::audit::insert_reports(&state.services.database, &reports).await
        {
            tracing::warn!(%error, count = reports.len(), "error reports not written");
            METRICS.dropped_reports.inc_by(reports.len() as u64);
        }
        if stopping {
            return;
        }
    }
}
