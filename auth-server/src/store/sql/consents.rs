//! Table `consent`.

use sqlx::{AssertSqlSafe, FromRow};
use token_format::scope::{ScopeSet, general};
use uuid::Uuid;

use super::condition::{Bound, bind_all};
use super::parse;
use super::select::Select;
use crate::domain::consent::{Consent, Withdrawal};
use crate::domain::listing::{Listed, Place};
use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

#[derive(FromRow)]
struct Row {
    user_id: String,
    client_id: String,
    scope: String,
    granted_at: i64,
    updated_at: i64,
}

impl TryFrom<Row> for Consent {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            user_id: parse(&row.user_id, "consent.user_id")?,
            client_id: row.client_id,
            scope: parse(&row.scope, "consent.scope")?,
            granted_at: row.granted_at,
            updated_at: row.updated_at,
        })
    }
}

/// What a user allowed an application so far.
pub async fn find(
    database: &Database,
    user_id: Uuid,
    client_id: &str,
) -> Result<Option<Consent>, StoreError> {
    let row: Option<Row> = on_database!(database, pool => {
        sqlx::query_as("SELECT * FROM consent WHERE user_id = $1 AND client_id = $2")
            .bind(user_id.to_string())
            .bind(client_id)
            .fetch_optional(pool)
            .await?
    });
    row.map(Consent::try_from).transpose()
}

const ORDER: (&str, &str) = ("granted_at", "client_id");

/// What a user allows applications, the newest first.
pub async fn of_user(
    database: &Database,
    user_id: Uuid,
    after: Option<&Place>,
    limit: i64,
) -> Result<Listed<Consent>, StoreError> {
    let mut select = Select::new("SELECT * FROM consent");
    select.and_with("user_id = $", Bound::Text(user_id.to_string()));
    select.and_after(ORDER, true, after);
    let (sql, values) = (select.ordered(ORDER, true, limit), select.values);
    let rows: Vec<Row> = on_database!(database, pool => {
        bind_all!(sqlx::query_as(AssertSqlSafe(sql)), &values).fetch_all(pool).await?
    });
    let consents = rows
        .into_iter()
        .map(Consent::try_from)
        .collect::<Result<_, _>>()?;
    Ok(Listed::cut(consents, limit, |consent: &Consent| Place {
        at: consent.granted_at,
        id: consent.client_id.clone(),
    }))
}

/// Remembers what a user allows an application from now on, in place of `before`. False, and nothing is written, when
/// something else is remembered by now: whoever decided, decided on what is no longer so.
pub async fn save(
    database: &Database,
    user_id: Uuid,
    client_id: &str,
    before: Option<&ScopeSet>,
    scope: &ScopeSet,
    now: i64,
) -> Result<bool, StoreError> {
    let statement = match before {
        Some(_) => {
            "UPDATE consent SET scope = $3, updated_at = $4 WHERE user_id = $1 AND client_id = $2 AND scope = $5"
        }
        None => {
            "INSERT INTO consent (user_id, client_id, scope, granted_at, updated_at) VALUES ($1, $2, $3, $4, $4) \
             ON CONFLICT (user_id, client_id) DO NOTHING"
        }
    };
    let rows = on_database!(database, pool => {
        let query = sqlx::query(statement)
            .bind(user_id.to_string())
            .bind(client_id)
            .bind(scope.to_string())
            .bind(now);
        let query = match before {
            Some(before) => query.bind(before.to_string()),
            None => query,
        };
        query.execute(pool).await?.rows_affected()
    });
    Ok(rows > 0)
}

/// Takes back one permission, or all of them: in one transaction, so that of several at once none brings back what
/// another took. A general permission goes with the one it implies. None when there is nothing to take back.
pub async fn withdraw(
    database: &Database,
    user_id: Uuid,
    client_id: &str,
    permission: Option<&str>,
    now: i64,
) -> Result<Option<Withdrawal>, StoreError> {
    let id = user_id.to_string();
    on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        // A write that changes nothing holds the row.
        sqlx::query("UPDATE consent SET scope = scope WHERE user_id = $1 AND client_id = $2")
            .bind(&id)
            .bind(client_id)
            .execute(&mut *transaction)
            .await?;
        let found: Option<String> =
            sqlx::query_scalar("SELECT scope FROM consent WHERE user_id = $1 AND client_id = $2")
                .bind(&id)
                .bind(client_id)
                .fetch_optional(&mut *transaction)
                .await?;
        let Some(found) = found else { return Ok(None) };
        let scope: ScopeSet = parse(&found, "consent.scope")?;
        let withdrawal = take(&scope, permission);
        if permission.is_some() && withdrawal.withdrawn.is_empty() {
            return Ok(None);
        }
        if withdrawal.left.is_empty() {
            sqlx::query("DELETE FROM consent WHERE user_id = $1 AND client_id = $2")
                .bind(&id)
                .bind(client_id)
                .execute(&mut *transaction)
                .await?;
        } else {
            sqlx::query("UPDATE consent SET scope = $3, updated_at = $4 WHERE user_id = $1 AND client_id = $2")
                .bind(&id)
                .bind(client_id)
                .bind(withdrawal.left.to_string())
                .bind(now)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(Some(withdrawal))
    })
}

/// Parts a consent: what goes with a permission (none: everything), and what stays.
fn take(scope: &ScopeSet, permission: Option<&str>) -> Withdrawal {
    let goes = |value: &str| {
        permission.is_none_or(|permission| value == permission || general(permission) == Some(value))
    };
    Withdrawal {
        withdrawn: scope.iter().filter(|value| goes(value)).collect(),
        left: scope.iter().filter(|value| !goes(value)).collect(),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_general_permission_goes_with_what_it_implies() {
        let scope = ScopeSet::parse("groups:read rooms users users:read users:write").unwrap();
        let one = take(&scope, Some("users:read"));
        assert_eq!(one.withdrawn.to_string(), "users users:read");
        assert_eq!(one.left.to_string(), "groups:read rooms users:write");
        let other = take(&scope, Some("groups"));
        assert!(other.withdrawn.is_empty());
        assert!(take(&scope, None).left.is_empty());
    }
}
