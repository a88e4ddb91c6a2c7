//! `auth-server apply`: makes the records match a file, and says what changed.
//!
//! First everything is looked at and nothing is written, so that a file with a mistake changes nothing. Then each thing
//! is written in a transaction of its own.

mod file;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;
use serde_json::{Value, json};

use self::file::File;
use super::{CommandError, Context, refused};
use crate::domain::policy::Profile;
use crate::domain::secret::PlainToken;
use crate::domain::user::normalize_email;
use crate::flows::registry::{Declaration, Difference, Outcome, RegistryError};

/// Make the records match a file.
#[derive(Debug, clap::Args)]
pub(super) struct Apply {
    /// What is to be there: TOML, or JSON when the name ends in .json.
    file: PathBuf,
    /// Only say what would change.
    #[arg(long)]
    dry_run: bool,
    /// Block what an earlier run made and the file has no longer. Nothing is ever deleted.
    #[arg(long)]
    prune: bool,
}

/// What became of one thing.
#[derive(Serialize)]
struct Change {
    kind: &'static str,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<Difference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// The result of a run.
#[derive(Serialize)]
struct Report {
    dry_run: bool,
    changes: Vec<Change>,
}

const RESOURCE: &str = "resource_server";
const USER: &str = "user";
const APPLICATION: &str = "application";
const API_KEY: &str = "api_key";

impl Apply {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, CommandError> {
        let file = file::read(&self.file).map_err(refused)?;
        // A look at everything, so that a mistake in one thing keeps all others as they are.
        let mut report = Report::of(true);
        walk(context, &file, &mut report).await?;
        let done = self.carry_out(context, &file, &mut report).await;
        // What was done before something failed is said, too: its secrets are never shown again.
        if done.is_ok() || report.has_changes() {
            report.print(context);
        }
        done.map(|()| ExitCode::SUCCESS)
    }

    async fn carry_out(
        &self,
        context: &Context,
        file: &File,
        report: &mut Report,
    ) -> Result<(), CommandError> {
        if !self.dry_run {
            *report = Report::of(false);
            walk(context, file, report).await?;
        }
        if self.prune {
            for (kind, name, id) in context.registry().prune(&file.names(), self.dry_run).await? {
                report.changes.push(Change {
                    kind,
                    name,
                    id: Some(id),
                    outcome: Outcome::Blocked,
                    differences: Vec::new(),
                    secret: None,
                });
            }
        }
        Ok(())
    }
}

impl File {
    /// What is declared, by kind and name.
    fn names(&self) -> Vec<(&'static str, String)> {
        let email = |email: &str| normalize_email(email).unwrap_or_default();
        (self
            .resource_servers
            .iter()
            .map(|one| (RESOURCE, one.url.clone())))
        .chain(self.users.iter().map(|one| (USER, email(&one.email))))
        .chain(
            self.applications
                .iter()
                .map(|one| (APPLICATION, one.client_id.clone())),
        )
        .chain(self.api_keys.iter().map(|one| (API_KEY, one.name.clone())))
        .collect()
    }
}

/// Takes one thing after the other, those first that others name. Looking only, all mistakes are collected.
async fn walk(context: &Context, file: &File, report: &mut Report) -> Result<(), CommandError> {
    let registry = context.registry();
    let dry_run = report.dry_run;
    let mut mistakes = Vec::new();
    let mut take = |kind: &'static str, name: &str, outcome: Result<Declaration, CommandError>| match outcome
    {
        Ok(declaration) => {
            report.changes.push(Change {
                kind,
                name: name.to_owned(),
                id: declaration.id,
                outcome: declaration.outcome,
                differences: declaration.differences,
                secret: declaration
                    .secret
                    .as_ref()
                    .map(PlainToken::reveal)
                    .map(str::to_owned),
            });
            Ok(())
        }
        Err(CommandError::Refused(mistake)) if dry_run => {
            mistakes.push(format!("{kind} {name:?}: {mistake}"));
            Ok(())
        }
        Err(CommandError::Refused(mistake)) => Err(refused(format!("{kind} {name:?}: {mistake}"))),
        Err(error) => Err(error),
    };
    for one in &file.resource_servers {
        let outcome = match one.declared() {
            Ok(declared) => told(registry.declare_resource(&declared, dry_run).await),
            Err(mistake) => Err(refused(mistake)),
        };
        take(RESOURCE, &one.url, outcome)?;
    }
    for one in &file.users {
        let outcome = told(registry.declare_user(&one.declared(), dry_run).await);
        take(USER, &one.email, outcome)?;
    }
    for one in &file.applications {
        take(
            APPLICATION,
            &one.client_id,
            application(context, file, one, dry_run).await,
        )?;
    }
    for one in &file.api_keys {
        take(API_KEY, &one.name, api_key(context, file, one, dry_run).await)?;
    }
    if mistakes.is_empty() {
        Ok(())
    } else {
        Err(refused(mistakes.join("; ")))
    }
}

fn told(outcome: Result<Declaration, RegistryError>) -> Result<Declaration, CommandError> {
    outcome.map_err(CommandError::from)
}

async fn application(
    context: &Context,
    file: &File,
    one: &file::Application,
    dry_run: bool,
) -> Result<Declaration, CommandError> {
    let registry = context.registry();
    let mut declared = one.declared().map_err(refused)?;
    if let Some(owner) = &one.owner {
        let declared_here = file
            .users
            .iter()
            .any(|user| normalize_email(&user.email).is_ok_and(|email| normalize_email(owner) == Ok(email)));
        declared.application.owner_id = match registry.user_by_email(owner).await {
            Ok(person) => Some(person.user.id),
            // The user is made before the application is.
            Err(RegistryError::NotFound(_)) if dry_run && declared_here => None,
            Err(RegistryError::NotFound(_)) => return Err(refused(format!("there is no user {owner}"))),
            Err(error) => return Err(error.into()),
        };
    }
    told(registry.declare_application(&declared, dry_run).await)
}

async fn api_key(
    context: &Context,
    file: &File,
    one: &file::ApiKey,
    dry_run: bool,
) -> Result<Declaration, CommandError> {
    let registry = context.registry();
    let declared = one.declared().map_err(refused)?;
    let declared_here = file
        .applications
        .iter()
        .find(|application| application.client_id == declared.client_id);
    match declared_here {
        Some(application) if application.profile != Some(Profile::Keyed) => {
            return Err(refused(
                "application: API keys are for applications of profile keyed",
            ));
        }
        None if dry_run => registry.check_keyed(&declared.client_id).await?,
        // What the file declares is made before the key is.
        Some(_) | None => {}
    }
    told(registry.declare_api_key(&declared, dry_run).await)
}

impl Report {
    fn of(dry_run: bool) -> Self {
        Self {
            dry_run,
            changes: Vec::new(),
        }
    }

    fn has_changes(&self) -> bool {
        self.changes.iter().any(|change| change.outcome != Outcome::Same)
    }

    fn print(&self, context: &Context) {
        let lines: Vec<String> = self.changes.iter().filter_map(Change::lines).collect();
        let count = |outcome| {
            self.changes
                .iter()
                .filter(|change| change.outcome == outcome)
                .count()
        };
        let counts = [
            (count(Outcome::Added), "added"),
            (count(Outcome::Changed), "changed"),
            (count(Outcome::Blocked), "blocked"),
        ];
        let told: Vec<String> = counts
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!("{number} {what}"))
            .collect();
        let summary = match (told.is_empty(), self.dry_run) {
            (true, _) => "nothing changed".to_owned(),
            (false, true) => format!("would be: {}", told.join(", ")),
            (false, false) => told.join(", "),
        };
        let text: Vec<String> = lines.into_iter().chain([summary]).collect();
        let made: BTreeSet<_> = self
            .changes
            .iter()
            .filter_map(|change| change.secret.as_ref())
            .collect();
        if made.is_empty() {
            context.output.done(&text.join("\n"), self);
        } else {
            context.output.secret(&text.join("\n"), self);
        }
    }
}

impl Change {
    /// For people; none for what is as it was.
    fn lines(&self) -> Option<String> {
        let sign = match self.outcome {
            Outcome::Added => '+',
            Outcome::Changed => '~',
            Outcome::Blocked => '-',
            Outcome::Same => return None,
        };
        let mut lines = vec![format!("{sign} {} {}", self.kind, self.name)];
        let named_otherwise = self.id.as_deref().filter(|id| *id != self.name);
        if let Some(id) = named_otherwise.filter(|_| self.outcome == Outcome::Added) {
            lines.push(format!("    id      {id}"));
        }
        if let Some(secret) = &self.secret {
            lines.push(format!("    secret  {secret}"));
        }
        lines.extend(self.differences.iter().map(|difference| {
            let (before, after) = (shown(&difference.before), shown(&difference.after));
            format!("    {}: {before} -> {after}", difference.field)
        }));
        Some(lines.join("\n"))
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        other => json!(other).to_string(),
    }
}
