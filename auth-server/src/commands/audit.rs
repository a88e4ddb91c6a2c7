//! `auth-server audit`.

use clap::Subcommand;
use uuid::Uuid;

use super::output::moment;
use super::{CommandError, Context, found};
use crate::flows::registry::RegistryError;
use crate::store::sql::audit_log::AuditQuery;

/// The audit log.
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Show the exact reason behind an error id, or one line of the audit log.
    Show {
        /// The id, as an X-Error-Id header or an error page shows it.
        id: Uuid,
    },
    /// Show the newest lines.
    List {
        /// How many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
    },
}

impl Audit {
    pub(super) async fn run(self, context: &Context) -> Result<(), CommandError> {
        match self {
            Self::Show { id } => show(context, id).await,
            Self::List { limit } => {
                let query = AuditQuery {
                    limit,
                    ..AuditQuery::default()
                };
                let rows = context.registry().audit_log(&query).await?.items;
                context.output.table(
                    &["AT", "KIND", "USER", "APPLICATION", "FROM", "DETAIL"],
                    &rows,
                    |row| {
                        let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
                        vec![
                            moment(row.at),
                            row.kind.clone(),
                            or_dash(&row.user_id),
                            or_dash(&row.client_id),
                            or_dash(&row.address),
                            format!("{:?}", row.detail),
                        ]
                    },
                );
                Ok(())
            }
        }
    }
}

async fn show(context: &Context, id: Uuid) -> Result<(), CommandError> {
    let registry = context.registry();
    match registry.error_report(id).await {
        Err(RegistryError::NotFound(_)) => {}
        Err(error) => return Err(error.into()),
        Ok(report) => {
            let from = report.address.as_deref().unwrap_or("-");
            let text = format!(
                "{}  {}  {}  from {from}\n{:?}",
                moment(report.at),
                report.status,
                report.route,
                report.reason
            );
            context.output.done(&text, &report);
            return Ok(());
        }
    }
    let row = found(registry.audit_line(id).await, || {
        format!(
            "nothing is known under {id}; reports are kept for {} days",
            context.config.errors.keep_days
        )
    })?;
    context.output.done(
        &format!("{}  {}  {:?}", moment(row.at), row.kind, row.detail),
        &row,
    );
    Ok(())
}
