//! Table `account` as provisioning systems work on it.

use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::condition::{Bound, Column, Condition, Fold, Stored, bind_all, order};
use super::select::Select;
use super::users::Row as UserRow;
use crate::domain::directory::{Page, Person};
use crate::domain::listing::{Listed, Place};
use crate::domain::mail::LinkPurpose;
use crate::domain::role::{Role, RolesChange};
use crate::domain::user::User;
use crate::on_database;
use crate::protocol::scim::query::ListQuery;
use crate::protocol::scim::user::UserAttribute;
use crate::store::StoreError;
use crate::store::database::Database;

#[derive(FromRow)]
struct Row {
    #[sqlx(flatten)]
    user: UserRow,
    external_id: Option<String>,
    version: i64,
    updated_at: i64,
}

impl TryFrom<Row> for Person {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            user: User::try_from(row.user)?,
            external_id: row.external_id,
            version: row.version,
            updated_at: row.updated_at,
        })
    }
}

impl Stored for UserAttribute {
    fn column(self) -> Column {
        let text = |column, fold, always| Column::Text { column, fold, always };
        match self {
            Self::Id => text("id", Fold::Exact, true),
            Self::ExternalId => text("external_id", Fold::Exact, false),
            Self::UserName => text("email", Fold::Stored, true),
            Self::DisplayName => text("lower(name)", Fold::InDatabase, true),
            Self::Active => Column::Negated("disabled"),
            Self::Created => Column::Moment("created_at"),
            Self::LastModified => Column::Moment("updated_at"),
            Self::Groups => Column::Elsewhere {
                equal: "id IN (SELECT user_id FROM user_group_member WHERE group_id = $)",
                present: "id IN (SELECT user_id FROM user_group_member)",
            },
        }
    }
}

/// What an update writes; what is none stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Update<'a> {
    /// The normalized address.
    pub email: Option<&'a str>,
    /// The name.
    pub name: Option<&'a str>,
    /// Whether the user is blocked.
    pub disabled: Option<bool>,
    /// The provisioning system's id.
    pub external_id: Option<Option<&'a str>>,
    /// The hash of the password.
    pub password_hash: Option<Option<&'a str>>,
    /// Only while this is the hash of the password.
    pub known_password_hash: Option<&'a str>,
    /// Only while the record has this version.
    pub version: Option<i64>,
    /// Not if the user administers, reviews or audits.
    pub spare_staff: bool,
    /// The roles.
    pub roles: RolesChange,
    /// The language of pages and messages; `Some(None)`: the browser's.
    pub language: Option<Option<&'a str>>,
    /// Not if nobody could administer the server afterwards.
    pub keep_an_administrator: bool,
}

/// Adds a user. Constraint `account_email_unique` refuses a second one with the same address.
pub async fn insert(database: &Database, user: &User, external_id: Option<&str>) -> Result<(), StoreError> {
    on_database!(database, pool => {
        sqlx::query(
            "INSERT INTO account (id, email, name, password_hash, is_admin, is_developer, disabled, created_at, \
             updated_at, external_id, is_reviewer, is_auditor, language) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11, $12)",
        )
        .bind(user.id.to_string())
        .bind(&user.email)
        .bind(&user.name)
        .bind(&user.password_hash)
        .bind(user.is_admin)
        .bind(user.is_developer)
        .bind(user.disabled)
        .bind(user.created_at)
        .bind(external_id)
        .bind(user.is_reviewer)
        .bind(user.is_auditor)
        .bind(&user.language)
        .execute(pool)
        .await?;
    });
    Ok(())
}

/// Finds a user by id.
pub async fn find(database: &Database, id: Uuid) -> Result<Option<Person>, StoreError> {
    let row: Option<Row> = on_database!(database, pool => {
        sqlx::query_as("SELECT * FROM account WHERE id = $1").bind(id.to_string()).fetch_optional(pool).await?
    });
    row.map(Person::try_from).transpose()
}

/// Changes a user in one statement; none when there is no such user, or the conditions do not hold. Another password
/// ends the links that would set one; a provisional user who gets one is provisional no more.
pub async fn update(
    database: &Database,
    id: Uuid,
    update: &Update<'_>,
    now: i64,
) -> Result<Option<Person>, StoreError> {
    let row: Option<Row> = on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        if update.keep_an_administrator {
            // Makes others who take an administrator away wait, so that two cannot take each other away.
            sqlx::query("UPDATE registry_lock SET taken = taken + 1 WHERE name = 'administrators'")
                .execute(&mut *transaction)
                .await?;
        }
        let row = sqlx::query_as(
            "UPDATE account SET email_verified_at = CASE WHEN $2 <> email THEN NULL ELSE email_verified_at END, \
             email = COALESCE($2, email), name = COALESCE($3, name), \
             disabled = COALESCE($4, disabled), \
             external_id = CASE WHEN $5 THEN $6 ELSE external_id END, \
             password_hash = CASE WHEN $7 THEN $8 ELSE password_hash END, \
             provisional = provisional AND ($8 IS NULL OR NOT $7), \
             is_admin = COALESCE($12, is_admin), is_developer = COALESCE($13, is_developer), \
             is_reviewer = COALESCE($14, is_reviewer), is_auditor = COALESCE($15, is_auditor), \
             language = CASE WHEN $16 THEN $17 ELSE language END, \
             version = version + 1, updated_at = $9 \
             WHERE id = $1 AND ($10 IS NULL OR version = $10) \
             AND NOT ($11 AND (is_admin OR is_reviewer OR is_auditor)) AND ($19 IS NULL OR password_hash = $19) \
             AND (NOT $18 OR disabled OR NOT is_admin OR EXISTS (SELECT 1 FROM account other \
             WHERE other.is_admin AND NOT other.disabled AND other.id <> account.id)) RETURNING *",
        )
        .bind(id.to_string())
        .bind(update.email)
        .bind(update.name)
        .bind(update.disabled)
        .bind(update.external_id.is_some())
        .bind(update.external_id.flatten())
        .bind(update.password_hash.is_some())
        .bind(update.password_hash.flatten())
        .bind(now)
        .bind(update.version)
        .bind(update.spare_staff)
        .bind(update.roles.admin)
        .bind(update.roles.developer)
        .bind(update.roles.reviewer)
        .bind(update.roles.auditor)
        .bind(update.language.is_some())
        .bind(update.language.flatten())
        .bind(update.keep_an_administrator)
        .bind(update.known_password_hash)
        .fetch_optional(&mut *transaction)
        .await?;
        if row.is_some() && update.password_hash.is_some() {
            // Who holds an older link was let in by the older password's owner, or by nobody.
            sqlx::query("DELETE FROM mail_link WHERE user_id = $1 AND purpose = $2")
                .bind(id.to_string())
                .bind(LinkPurpose::ResetPassword.as_str())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        row
    });
    row.map(Person::try_from).transpose()
}

/// Which users to list.
#[derive(Clone, Debug, Default)]
pub struct UserQuery {
    /// The whole id, or how the e-mail address or the name begins.
    pub search: Option<String>,
    /// What they may do.
    pub role: Option<Role>,
    /// Whether they are blocked.
    pub disabled: Option<bool>,
    /// The last one of the part before.
    pub after: Option<Place>,
    /// How many at most.
    pub limit: i64,
}

const ORDER: (&str, &str) = ("created_at", "id");

/// The statement of [`page`] with its values.
pub(super) fn page_statement(database: &Database, query: &UserQuery) -> (String, Vec<Bound>) {
    let mut select = Select::new("SELECT * FROM account");
    if let Some(sought) = &query.search {
        select.and_search(database, "id", &["email", "lower(name)"], sought.trim());
    }
    // Spelt out, so that the partial indexes are used.
    match query.role {
        Some(Role::Admin) => select.and("is_admin"),
        Some(Role::Developer) => select.and("is_developer"),
        Some(Role::Reviewer) => select.and("is_reviewer"),
        Some(Role::Auditor) => select.and("is_auditor"),
        None => {}
    }
    match query.disabled {
        Some(true) => select.and("disabled"),
        Some(false) => select.and("NOT disabled"),
        None => {}
    }
    select.and_after(ORDER, true, query.after.as_ref());
    (select.ordered(ORDER, true, query.limit), select.values)
}

/// Users, the one added last first.
pub async fn page(database: &Database, query: &UserQuery) -> Result<Listed<Person>, StoreError> {
    let (sql, values) = page_statement(database, query);
    let rows: Vec<Row> = on_database!(database, pool => {
        bind_all!(sqlx::query_as(AssertSqlSafe(sql)), &values).fetch_all(pool).await?
    });
    let people = rows.into_iter().map(Person::try_from).collect::<Result<_, _>>()?;
    Ok(Listed::cut(people, query.limit, |person: &Person| Place {
        at: person.user.created_at,
        id: person.user.id.to_string(),
    }))
}

/// Deletes a user with consents and memberships; applications stay without an owner, and are returned. None when
/// there is no such user.
pub async fn delete(database: &Database, id: Uuid, now: i64) -> Result<Option<Vec<String>>, StoreError> {
    let id = id.to_string();
    on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        sqlx::query(
            "UPDATE user_group SET version = version + 1, updated_at = $2 \
             WHERE id IN (SELECT group_id FROM user_group_member WHERE user_id = $1)",
        )
        .bind(&id)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        for statement in [
            "DELETE FROM user_group_member WHERE user_id = $1",
            "DELETE FROM consent WHERE user_id = $1",
            "UPDATE review_step SET actor_id = NULL WHERE actor_id = $1",
            "DELETE FROM applied WHERE kind = 'user' AND id = $1",
            "DELETE FROM mail_link WHERE user_id = $1",
            "DELETE FROM outbox WHERE user_id = $1",
            "DELETE FROM sign_in_device WHERE user_id = $1",
            "DELETE FROM recovery_code WHERE user_id = $1",
            "DELETE FROM passkey WHERE user_id = $1",
            "DELETE FROM totp WHERE user_id = $1",
        ] {
            sqlx::query(statement).bind(&id).execute(&mut *transaction).await?;
        }
        let orphans: Vec<String> =
            sqlx::query_scalar("UPDATE application SET owner_id = NULL WHERE owner_id = $1 RETURNING client_id")
                .bind(&id)
                .fetch_all(&mut *transaction)
                .await?;
        let deleted = sqlx::query("DELETE FROM account WHERE id = $1")
            .bind(&id)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        transaction.commit().await?;
        Ok((deleted > 0).then_some(orphans))
    })
}

/// The users that a query asks for.
pub async fn list(database: &Database, query: &ListQuery<UserAttribute>) -> Result<Page<Person>, StoreError> {
    let condition = Condition::of(query.filter.as_ref());
    let (sql, values) = (&condition.sql, &condition.values);
    let counting = format!("SELECT COUNT(*) FROM account WHERE {sql}");
    let listing = format!(
        "SELECT * FROM account WHERE {sql} ORDER BY {} LIMIT {} OFFSET {}",
        order(query.sort_by, query.descending),
        query.count,
        query.start_index - 1,
    );
    on_database!(database, pool => {
        let total: i64 = bind_all!(sqlx::query_scalar(AssertSqlSafe(counting)), values).fetch_one(pool).await?;
        let rows: Vec<Row> = if query.count == 0 || query.start_index > total {
            Vec::new()
        } else {
            bind_all!(sqlx::query_as(AssertSqlSafe(listing)), values).fetch_all(pool).await?
        };
        let items = rows.into_iter().map(Person::try_from).collect::<Result<_, _>>()?;
        Ok(Page { items, total })
    })
}
