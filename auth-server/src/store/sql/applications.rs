//! Table `application`, with the secrets of each.

use sqlx::FromRow;
use uuid::Uuid;

use super::{parse, parse_json, secrets, to_json};
use crate::domain::application::{About, Application, ReviewStatus};
use crate::domain::secret::HashedToken;
use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

#[derive(FromRow)]
pub(super) struct Row {
    client_id: String,
    name: String,
    profile: String,
    policy: String,
    auth_methods: String,
    redirect_uris: String,
    scope: String,
    domains: String,
    owner_id: Option<String>,
    review: String,
    review_reason: Option<String>,
    disabled: bool,
    homepage_url: Option<String>,
    policy_url: Option<String>,
    description: Option<String>,
    use_case: Option<String>,
    logo_url: Option<String>,
    logo: Option<String>,
    submitted_at: Option<i64>,
    created_at: i64,
}

impl TryFrom<Row> for Application {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            name: row.name,
            profile: parse(&row.profile, "application.profile")?,
            policy: parse_json(&row.policy, "application.policy")?,
            auth_methods: parse_json(&row.auth_methods, "application.auth_methods")?,
            secrets: Vec::new(),
            redirect_uris: parse_json(&row.redirect_uris, "application.redirect_uris")?,
            scope: parse(&row.scope, "application.scope")?,
            domains: parse_json(&row.domains, "application.domains")?,
            owner_id: row
                .owner_id
                .map(|id| parse(&id, "application.owner_id"))
                .transpose()?,
            review: parse(&row.review, "application.review")?,
            review_reason: row.review_reason,
            disabled: row.disabled,
            homepage_url: row.homepage_url,
            policy_url: row.policy_url,
            about: About {
                description: row.description,
                use_case: row.use_case,
                logo_url: row.logo_url,
                logo: row.logo,
            },
            submitted_at: row.submitted_at,
            created_at: row.created_at,
            client_id: row.client_id,
        })
    }
}

/// Registers an application, with its first secret unless it is public, in one transaction: nobody ever reads it without.
pub async fn insert(
    database: &Database,
    application: &Application,
    secret: Option<&HashedToken>,
) -> Result<(), StoreError> {
    let policy = to_json(&application.policy, "application.policy")?;
    let auth_methods = to_json(&application.auth_methods, "application.auth_methods")?;
    let redirect_uris = to_json(&application.redirect_uris, "application.redirect_uris")?;
    let domains = to_json(&application.domains, "application.domains")?;
    on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        sqlx::query(
            "INSERT INTO application (client_id, name, profile, policy, auth_methods, redirect_uris, scope, domains, \
             owner_id, review, review_reason, disabled, homepage_url, policy_url, created_at, description, use_case, logo_url, logo, submitted_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
        )
        .bind(&application.client_id)
        .bind(&application.name)
        .bind(application.profile.as_str())
        .bind(policy)
        .bind(auth_methods)
        .bind(redirect_uris)
        .bind(application.scope.to_string())
        .bind(domains)
        .bind(application.owner_id.map(|id| id.to_string()))
        .bind(application.review.as_str())
        .bind(&application.review_reason)
        .bind(application.disabled)
        .bind(&application.homepage_url)
        .bind(&application.policy_url)
        .bind(application.created_at)
        .bind(&application.about.description)
        .bind(&application.about.use_case)
        .bind(&application.about.logo_url)
        .bind(&application.about.logo)
        .bind(application.submitted_at)
        .execute(&mut *transaction)
        .await?;
        if let Some(secret) = secret {
            sqlx::query("INSERT INTO client_secret (id, client_id, hash, created_at) VALUES ($1, $2, $3, $4)")
                .bind(Uuid::new_v4().to_string())
                .bind(&application.client_id)
                .bind(secret.as_str())
                .bind(application.created_at)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
    });
    Ok(())
}

/// Finds an application with its secrets.
pub async fn find(database: &Database, client_id: &str) -> Result<Option<Application>, StoreError> {
    let row: Option<Row> = on_database!(database, pool => {
        sqlx::query_as("SELECT * FROM application WHERE client_id = $1").bind(client_id).fetch_optional(pool).await?
    });
    let Some(row) = row else { return Ok(None) };
    let mut application = Application::try_from(row)?;
    application.secrets = secrets::of(database, client_id).await?;
    Ok(Some(application))
}

/// Applications in the order they were registered, without their secrets, after the one given (keyset paging).
pub async fn list(
    database: &Database,
    after: Option<(i64, &str)>,
    limit: i64,
) -> Result<Vec<Application>, StoreError> {
    let (at, id) = after.unwrap_or((i64::MIN, ""));
    let rows: Vec<Row> = on_database!(database, pool => {
        sqlx::query_as(
            "SELECT * FROM application WHERE created_at > $1 OR (created_at = $1 AND client_id > $2) \
             ORDER BY created_at, client_id LIMIT $3",
        )
        .bind(at)
        .bind(id)
        .bind(limit)
        .fetch_all(pool)
        .await?
    });
    rows.into_iter().map(Application::try_from).collect()
}

/// Writes which picture was fetched from an application's logo address; false when that is another one by now. An
/// application that `runs` takes one only while it has none, no reviewer saw that, and nobody asked for it in vain; one
/// that came for a review is taken only before the approval: what was reviewed is what is shown.
pub async fn set_logo(
    database: &Database,
    client_id: &str,
    logo_url: Option<&str>,
    hash: &str,
    runs: bool,
) -> Result<bool, StoreError> {
    let rows = on_database!(database, pool => {
        sqlx::query(
            "UPDATE application SET logo = $3 WHERE client_id = $1 AND logo_url = $2 \
             AND (review = 'approved') = $4 AND (review <> 'approved' \
             OR (logo IS NULL AND (logo_tried IS NULL OR logo_tried <> logo_url)))",
        )
            .bind(client_id)
            .bind(logo_url)
            .bind(hash)
            .bind(runs)
            .execute(pool)
            .await?
            .rows_affected()
    });
    Ok(rows > 0)
}

/// Blocks or unblocks an application; false when there is none.
pub async fn set_disabled(database: &Database, client_id: &str, disabled: bool) -> Result<bool, StoreError> {
    let rows = on_database!(database, pool => {
        sqlx::query("UPDATE application SET disabled = $2, version = version + 1 WHERE client_id = $1")
            .bind(client_id)
            .bind(disabled)
            .execute(pool)
            .await?
            .rows_affected()
    });
    Ok(rows > 0)
}

/// Records a reviewer's decision; false when there is no such application.
pub async fn set_review(
    database: &Database,
    client_id: &str,
    review: ReviewStatus,
    reason: Option<&str>,
) -> Result<bool, StoreError> {
    let rows = on_database!(database, pool => {
        sqlx::query("UPDATE application SET review = $2, review_reason = $3, version = version + 1 WHERE client_id = $1")
            .bind(client_id)
            .bind(review.as_str())
            .bind(reason)
            .execute(pool)
            .await?
            .rows_affected()
    });
    Ok(rows > 0)
}

/// Puts a new secret in place of the old ones, which stop working at `old_ends_at` or at once.
pub async fn replace_secret(
    database: &Database,
    client_id: &str,
    secret: &HashedToken,
    now: i64,
    old_ends_at: Option<i64>,
) -> Result<(), StoreError> {
    secrets::replace(database, client_id, secret, now, old_ends_at).await
}
