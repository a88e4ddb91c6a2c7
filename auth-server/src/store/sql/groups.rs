//! Tables `user_group` and `user_group_member`.

use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::condition::{Bound, Column, Condition, Fold, Stored, bind_all, order};
use super::parse;
use crate::domain::directory::{Group, GroupChange, Member, MemberChange, Page};
use crate::on_database;
use crate::protocol::scim::group::GroupAttribute;
use crate::protocol::scim::query::ListQuery;
use crate::store::StoreError;
use crate::store::database::Database;

#[derive(FromRow)]
struct Row {
    id: String,
    name: String,
    external_id: Option<String>,
    version: i64,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<Row> for Group {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parse(&row.id, "user_group.id")?,
            name: row.name,
            external_id: row.external_id,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

#[derive(FromRow)]
struct MemberRow {
    group_id: String,
    user_id: String,
}

impl TryFrom<MemberRow> for Member {
    type Error = StoreError;

    fn try_from(row: MemberRow) -> Result<Self, StoreError> {
        Ok(Self {
            group_id: parse(&row.group_id, "user_group_member.group_id")?,
            user_id: parse(&row.user_id, "user_group_member.user_id")?,
        })
    }
}

/// A group of a user.
#[derive(FromRow)]
struct OfUserRow {
    user_id: String,
    #[sqlx(flatten)]
    group: Row,
}

impl Stored for GroupAttribute {
    fn column(self) -> Column {
        let text = |column, fold, always| Column::Text { column, fold, always };
        match self {
            Self::Id => text("id", Fold::Exact, true),
            Self::ExternalId => text("external_id", Fold::Exact, false),
            Self::DisplayName => text("lower(name)", Fold::InDatabase, true),
            Self::Created => Column::Moment("created_at"),
            Self::LastModified => Column::Moment("updated_at"),
            Self::Members => Column::Elsewhere {
                equal: "id IN (SELECT group_id FROM user_group_member WHERE user_id = $)",
                present: "id IN (SELECT group_id FROM user_group_member)",
            },
        }
    }
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is made.
    Changed(Group),
    /// There is no such group, or it has another version.
    NotFound,
    /// The group would have more members than allowed.
    TooManyMembers,
    /// A new member does not exist.
    NoSuchUser,
}

/// Makes the changes of a group's members in an open transaction; what is refused is rolled back with it.
macro_rules! change_members {
    ($transaction:expr, $group_id:expr, $changes:expr, $most:expr) => {{
        let mut refused = None;
        'changes: for change in $changes {
            let (statement, users) = match change {
                MemberChange::Clear => {
                    sqlx::query("DELETE FROM user_group_member WHERE group_id = $1")
                        .bind($group_id)
                        .execute(&mut *$transaction)
                        .await?;
                    continue;
                }
                MemberChange::Add(users) => (
                    "INSERT INTO user_group_member (group_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                    users,
                ),
                MemberChange::Remove(users) => (
                    "DELETE FROM user_group_member WHERE group_id = $1 AND user_id = $2",
                    users,
                ),
            };
            for user in users {
                let done = sqlx::query(statement)
                    .bind($group_id)
                    .bind(user.to_string())
                    .execute(&mut *$transaction)
                    .await;
                match done {
                    Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                        refused = Some(Written::NoSuchUser);
                        break 'changes;
                    }
                    other => other?,
                };
            }
        }
        if refused.is_none() && !$changes.is_empty() {
            let members: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM user_group_member WHERE group_id = $1")
                .bind($group_id)
                .fetch_one(&mut *$transaction)
                .await?;
            refused = (members > $most).then_some(Written::TooManyMembers);
        }
        refused
    }};
}
/// Makes a group with its first members, in one transaction.
pub async fn insert(
    database: &Database,
    group: &Group,
    members: &[MemberChange],
    most_members: i64,
) -> Result<Written, StoreError> {
    let id = group.id.to_string();
    on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        sqlx::query(
            "INSERT INTO user_group (id, name, external_id, version, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&id)
        .bind(&group.name)
        .bind(&group.external_id)
        .bind(group.version)
        .bind(group.created_at)
        .bind(group.updated_at)
        .execute(&mut *transaction)
        .await?;
        if let Some(refused) = change_members!(transaction, &id, members, most_members) {
            return Ok(refused);
        }
        transaction.commit().await?;
        Ok(Written::Changed(group.clone()))
    })
}

/// Changes a group and its members, in one transaction that begins by taking the group's row: changes of one
/// group happen one after the other, and none is lost.
pub async fn update(
    database: &Database,
    id: Uuid,
    change: &GroupChange,
    version: Option<i64>,
    most_members: i64,
    now: i64,
) -> Result<Written, StoreError> {
    let id = id.to_string();
    on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        let row: Option<Row> = sqlx::query_as(
            "UPDATE user_group SET name = COALESCE($2, name), \
             external_id = CASE WHEN $3 THEN $4 ELSE external_id END, version = version + 1, updated_at = $5 \
             WHERE id = $1 AND ($6 IS NULL OR version = $6) RETURNING *",
        )
        .bind(&id)
        .bind(&change.name)
        .bind(change.external_id.is_some())
        .bind(change.external_id.clone().flatten())
        .bind(now)
        .bind(version)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(row) = row else {
            return Ok(Written::NotFound);
        };
        if let Some(refused) = change_members!(transaction, &id, &change.members, most_members) {
            return Ok(refused);
        }
        transaction.commit().await?;
        Ok(Written::Changed(row.try_into()?))
    })
}

/// Finds a group.
pub async fn find(database: &Database, id: Uuid) -> Result<Option<Group>, StoreError> {
    let row: Option<Row> = on_database!(database, pool => {
        sqlx::query_as("SELECT * FROM user_group WHERE id = $1").bind(id.to_string()).fetch_optional(pool).await?
    });
    row.map(Group::try_from).transpose()
}

/// Deletes a group, if it has the version given; its members stay as users. False when there is none such.
pub async fn delete(database: &Database, id: Uuid, version: Option<i64>) -> Result<bool, StoreError> {
    let id = id.to_string();
    on_database!(database, pool => {
        let mut transaction = pool.begin().await?;
        // Takes the row first, so that nobody joins meanwhile.
        let taken = sqlx::query(
            "UPDATE user_group SET version = version + 1 WHERE id = $1 AND ($2 IS NULL OR version = $2)",
        )
        .bind(&id)
        .bind(version)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if taken == 0 {
            return Ok(false);
        }
        for statement in [
            "DELETE FROM user_group_member WHERE group_id = $1",
            "DELETE FROM user_group WHERE id = $1",
        ] {
            sqlx::query(statement).bind(&id).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(true)
    })
}

/// The groups that a query asks for.
pub async fn list(database: &Database, query: &ListQuery<GroupAttribute>) -> Result<Page<Group>, StoreError> {
    let condition = Condition::of(query.filter.as_ref());
    let (sql, values) = (&condition.sql, &condition.values);
    let counting = format!("SELECT COUNT(*) FROM user_group WHERE {sql}");
    let listing = format!(
        "SELECT * FROM user_group WHERE {sql} ORDER BY {} LIMIT {} OFFSET {}",
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
        let items = rows.into_iter().map(Group::try_from).collect::<Result<_, _>>()?;
        Ok(Page { items, total })
    })
}

/// The members of groups, at most `limit` of them all together.
pub async fn members(database: &Database, groups: &[Uuid], limit: i64) -> Result<Vec<Member>, StoreError> {
    let Some((places, values)) = places(groups) else {
        return Ok(Vec::new());
    };
    let listing = format!(
        "SELECT group_id, user_id FROM user_group_member WHERE group_id IN ({places}) \
         ORDER BY group_id, user_id LIMIT {limit}"
    );
    let rows: Vec<MemberRow> = on_database!(database, pool => {
        bind_all!(sqlx::query_as(AssertSqlSafe(listing)), &values).fetch_all(pool).await?
    });
    rows.into_iter().map(Member::try_from).collect()
}

/// The groups of users, each with the user's id, at most `limit` of them all together.
pub async fn of_users(
    database: &Database,
    users: &[Uuid],
    limit: i64,
) -> Result<Vec<(Uuid, Group)>, StoreError> {
    let Some((places, values)) = places(users) else {
        return Ok(Vec::new());
    };
    let listing = format!(
        "SELECT m.user_id, g.* FROM user_group_member m JOIN user_group g ON g.id = m.group_id \
         WHERE m.user_id IN ({places}) ORDER BY m.user_id, g.id LIMIT {limit}"
    );
    let rows: Vec<OfUserRow> = on_database!(database, pool => {
        bind_all!(sqlx::query_as(AssertSqlSafe(listing)), &values).fetch_all(pool).await?
    });
    rows.into_iter()
        .map(|row| {
            Ok((
                parse(&row.user_id, "user_group_member.user_id")?,
                row.group.try_into()?,
            ))
        })
        .collect()
}

/// The parameters of a list of ids; none for an empty list.
fn places(ids: &[Uuid]) -> Option<(String, Vec<Bound>)> {
    let places: Vec<String> = (1..=ids.len()).map(|place| format!("${place}")).collect();
    let values = ids.iter().map(|id| Bound::Text(id.to_string())).collect();
    (!ids.is_empty()).then(|| (places.join(", "), values))
}
