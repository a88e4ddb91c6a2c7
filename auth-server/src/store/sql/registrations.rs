//! Table `application` as people register, change and review it, with the tables that belong to that:
//! `application_name`, `application_proposal` and `review_step`.

use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::applications::Row as ApplicationRow;
use super::condition::{Bound, bind_all};
use super::select::Select;
use super::{hosts, parse, parse_json, secrets, to_json};
use crate::domain::application::{Application, ReviewStatus};
use crate::domain::listing::{Listed, Place};
use crate::domain::registration::{Proposal, Registration, ReviewStep};
use crate::domain::secret::HashedToken;
use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

#[derive(FromRow)]
struct Row {
    #[sqlx(flatten)]
    application: ApplicationRow,
    version: i64,
}

#[derive(FromRow)]
struct ProposalRow {
    change: String,
    status: String,
    reason: Option<String>,
    submitted_at: Option<i64>,
}

impl TryFrom<ProposalRow> for Proposal {
    type Error = StoreError;

    fn try_from(row: ProposalRow) -> Result<Self, StoreError> {
        Ok(Self {
            change: parse_json(&row.change, "application_proposal.change")?,
            status: parse(&row.status, "application_proposal.status")?,
            reason: row.reason,
            submitted_at: row.submitted_at,
        })
    }
}

/// Finds an application with its secrets and what its developer wants to change.
pub async fn find(database: &Database, client_id: &str) -> Result<Option<Registration>, StoreError> {
    let row: Option<Row> = on_database!(database, pool => {
        sqlx::query_as("SELECT * FROM application WHERE client_id = $1").bind(client_id).fetch_optional(pool).await?
    });
    let Some(row) = row else { return Ok(None) };
    let proposal: Option<ProposalRow> = on_database!(database, pool => {
        sqlx::query_as("SELECT change, status, reason, submitted_at FROM application_proposal WHERE client_id = $1")
            .bind(client_id)
            .fetch_optional(pool)
            .await?
    });
    let mut application = Application::try_from(row.application)?;
    application.secrets = secrets::of(database, client_id).await?;
    Ok(Some(Registration {
        application,
        version: row.version,
        proposal: proposal.map(Proposal::try_from).transpose()?,
    }))
}

/// Which applications to list.
#[derive(Clone, Debug, Default)]
pub struct ApplicationQuery {
    /// The whole client id, or how the name begins.
    pub search: Option<String>,
    /// Where they stand in their review.
    pub review: Option<ReviewStatus>,
    /// Whether they are blocked.
    pub disabled: Option<bool>,
    /// Who answers for them.
    pub owner: Option<Uuid>,
    /// The last one of the part before.
    pub after: Option<Place>,
    /// How many at most.
    pub limit: i64,
}

/// Applications, the one registered last first, without their secrets and proposals.
pub async fn list(database: &Database, query: &ApplicationQuery) -> Result<Listed<Registration>, StoreError> {
    let (sql, values) = list_statement(database, query);
    let rows: Vec<Row> = on_database!(database, pool => {
        bind_all!(sqlx::query_as(AssertSqlSafe(sql)), &values).fetch_all(pool).await?
    });
    let items = rows
        .into_iter()
        .map(|row| {
            Ok(Registration {
                application: Application::try_from(row.application)?,
                version: row.version,
                proposal: None,
            })
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(Listed::cut(items, query.limit, |item: &Registration| Place {
        at: item.application.created_at,
        id: item.application.client_id.clone(),
    }))
}

const ORDER: (&str, &str) = ("created_at", "client_id");

/// The statement of [`list`] with its values.
pub(super) fn list_statement(database: &Database, query: &ApplicationQuery) -> (String, Vec<Bound>) {
    let mut select = Select::new("SELECT * FROM application");
    if let Some(sought) = &query.search {
        select.and_search(database, "client_id", &["lower(name)"], sought.trim());
    }
    if let Some(review) = query.review {
        select.and_with("review = $", Bound::Text(review.as_str().to_owned()));
    }
    match query.disabled {
        // Spelt out, so that the partial index is used.
        Some(true) => select.and("disabled"),
        Some(false) => select.and("NOT disabled"),
        None => {}
    }
    if let Some(owner) = query.owner {
        select.and_with("owner_id = $", Bound::Text(owner.to_string()));
    }
    select.and_after(ORDER, true, query.after.as_ref());
    (select.ordered(ORDER, true, query.limit), select.values)
}

/// What happens to an application's proposal.
#[derive(Clone, Copy, Debug, Default)]
pub enum ProposalChange<'a> {
    /// Nothing.
    #[default]
    Keep,
    /// This one takes its place.
    Set(&'a Proposal),
    /// There is none any more.
    Remove,
}

/// What is written together with a change of an application.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// No other application may have the name; else the first one keeps it.
    pub unique_name: bool,
    /// A secret, where the application has none yet, and the moment in seconds since the Unix epoch.
    pub first_secret: Option<(&'a HashedToken, i64)>,
    /// Its secrets are these and no others, and the moment.
    pub secrets: Option<(&'a [HashedToken], i64)>,
    /// It was made by `apply`.
    pub applied: bool,
    /// A reviewer saw the logo it has, or that it has none: none is fetched for this address any more.
    pub logo_reviewed: bool,
    /// A step of its review.
    pub step: Option<&'a ReviewStep>,
    /// Its proposal.
    pub proposal: ProposalChange<'a>,
}

/// What a write came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// The application's version now.
    pub version: i64,
    /// Whether it was given its first secret.
    pub secret_given: bool,
}

/// The form in which names are compared.
pub fn name_key(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// Writes an application's record as a whole, in one transaction with what belongs to it. Without a version it is a new
/// one, and a constraint refuses an id that is taken. With one it is changed while it has that: of any number of
/// writers who read the same version, one writes. None when it has another version by now, or is gone. A logo that was
/// fetched stays as long as its address does. A name that must be unique and is taken is refused by a constraint.
#[expect(clippy::too_many_lines, reason = "one transaction, statement by statement")]
pub async fn write(
    database: &Database,
    application: &Application,
    version: Option<i64>,
    beside: &Beside<'_>,
) -> Result<Option<Written>, StoreError> {
    let auth_methods = to_json(&application.auth_methods, "application.auth_methods")?;
    // A new one begins below the first version.
    let (is_new, version) = (version.is_none(), version.unwrap_or(0));
    let policy = to_json(&application.policy, "application.policy")?;
    let redirect_uris = to_json(&application.redirect_uris, "application.redirect_uris")?;
    let domains = to_json(&application.domains, "application.domains")?;
    let client_id = &application.client_id;
    let own_hosts = hosts::recorded(application);
    let proposal = match beside.proposal {
        ProposalChange::Set(proposal) => {
            let change = to_json(&proposal.change, "application_proposal.change")?;
            Some((proposal, change))
        }
        ProposalChange::Keep | ProposalChange::Remove => None,
    };
    Ok(on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        if is_new {
            sqlx::query(
                "INSERT INTO application (client_id, name, profile, policy, auth_methods, redirect_uris, scope, domains, \
                 review, disabled, created_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            )
            .bind(client_id)
            .bind(&application.name)
            .bind(application.profile.as_str())
            .bind(&policy)
            .bind(&auth_methods)
            .bind(&redirect_uris)
            .bind(application.scope.as_str())
            .bind(&domains)
            .bind(application.review.as_str())
            .bind(application.disabled)
            .bind(application.created_at)
            .bind(version)
            .execute(&mut *transaction)
            .await?;
        }
        // Comes first: it makes every other writer of this application wait for this one.
        let written = sqlx::query(
            "UPDATE application SET name = $3, profile = $4, policy = $5, redirect_uris = $6, scope = $7, domains = $8, \
             owner_id = $9, review = $10, review_reason = $11, disabled = $12, homepage_url = $13, policy_url = $14, \
             logo = CASE WHEN logo_url = $15 AND logo IS NOT NULL THEN logo ELSE $19 END, \
             logo_tried = CASE WHEN $20 THEN $15 ELSE logo_tried END, \
             logo_url = $15, use_case = $16, description = $17, submitted_at = $18, version = version + 1 \
             WHERE client_id = $1 AND version = $2",
        )
        .bind(client_id)
        .bind(version)
        .bind(&application.name)
        .bind(application.profile.as_str())
        .bind(&policy)
        .bind(&redirect_uris)
        .bind(application.scope.as_str())
        .bind(&domains)
        .bind(application.owner_id.map(|id| id.to_string()))
        .bind(application.review.as_str())
        .bind(&application.review_reason)
        .bind(application.disabled)
        .bind(&application.homepage_url)
        .bind(&application.policy_url)
        .bind(&application.about.logo_url)
        .bind(&application.about.use_case)
        .bind(&application.about.description)
        .bind(application.submitted_at)
        .bind(&application.about.logo)
        .bind(beside.logo_reviewed)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if written == 0 {
            return Ok(None);
        }
        hosts::write_hosts!(transaction, client_id, &own_hosts);
        let key = name_key(&application.name);
        sqlx::query("DELETE FROM application_name WHERE client_id = $1 AND name <> $2")
            .bind(client_id)
            .bind(&key)
            .execute(&mut *transaction)
            .await?;
        let reserved = sqlx::query(
            "INSERT INTO application_name (name, client_id) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE \
             SET client_id = application_name.client_id WHERE application_name.client_id = excluded.client_id",
        )
        .bind(&key)
        .bind(client_id)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if reserved == 0 && beside.unique_name {
            return Err(StoreError::Constraint("application_name_pkey".to_owned()));
        }
        let mut secret_given = false;
        if let Some((secret, now)) = beside.first_secret {
            secret_given = sqlx::query(
                "INSERT INTO client_secret (id, client_id, hash, created_at) SELECT $1, $2, $3, $4 \
                 WHERE NOT EXISTS (SELECT 1 FROM client_secret WHERE client_id = $2)",
            )
            .bind(Uuid::new_v4().to_string())
            .bind(client_id)
            .bind(secret.as_str())
            .bind(now)
            .execute(&mut *transaction)
            .await?
            .rows_affected() > 0;
        }
        if let Some((wanted, now)) = beside.secrets {
            let kept: Vec<(String, String)> =
                sqlx::query_as("SELECT id, hash FROM client_secret WHERE client_id = $1")
                    .bind(client_id)
                    .fetch_all(&mut *transaction)
                    .await?;
            for (id, _) in kept.iter().filter(|(_, hash)| wanted.iter().all(|wanted| wanted.as_str() != hash)) {
                sqlx::query("DELETE FROM client_secret WHERE id = $1").bind(id).execute(&mut *transaction).await?;
            }
            for secret in wanted.iter().filter(|wanted| kept.iter().all(|(_, hash)| wanted.as_str() != hash)) {
                sqlx::query("INSERT INTO client_secret (id, client_id, hash, created_at) VALUES ($1, $2, $3, $4)")
                    .bind(Uuid::new_v4().to_string())
                    .bind(client_id)
                    .bind(secret.as_str())
                    .bind(now)
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        if beside.applied {
            sqlx::query(
                "INSERT INTO applied (kind, name, id) VALUES ('application', $1, $1) ON CONFLICT (kind, name) DO NOTHING",
            )
            .bind(client_id)
            .execute(&mut *transaction)
            .await?;
        }
        if !matches!(beside.proposal, ProposalChange::Keep) {
            sqlx::query("DELETE FROM application_proposal WHERE client_id = $1")
                .bind(client_id)
                .execute(&mut *transaction)
                .await?;
        }
        if let Some((proposal, change)) = &proposal {
            sqlx::query(
                "INSERT INTO application_proposal (client_id, change, status, reason, submitted_at) \
                 VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(client_id)
            .bind(change)
            .bind(proposal.status.as_str())
            .bind(&proposal.reason)
            .bind(proposal.submitted_at)
            .execute(&mut *transaction)
            .await?;
        }
        if let Some(step) = beside.step {
            sqlx::query(
                "INSERT INTO review_step (id, client_id, version, at, what, reason, actor_id) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(step.id.to_string())
            .bind(client_id)
            .bind(version + 1)
            .bind(step.at)
            .bind(&step.what)
            .bind(&step.reason)
            .bind(step.actor_id.map(|id| id.to_string()))
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Some(Written { version: version + 1, secret_given })
    }))
}

/// Which application has a name.
pub async fn name_owner(database: &Database, name: &str) -> Result<Option<String>, StoreError> {
    Ok(on_database!(database, pool => {
        sqlx::query_scalar("SELECT client_id FROM application_name WHERE name = $1")
            .bind(name_key(name))
            .fetch_optional(pool)
            .await?
    }))
}
