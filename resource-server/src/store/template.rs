//! Templates of conferences.

use std::collections::HashMap;

use sqlx::QueryBuilder;
use uuid::Uuid;

use super::access::parse_role;
use super::database::{Database, query};
use super::error::StoreError;
use crate::domain::access::Participant;
use crate::domain::page::Page;
use crate::domain::template::{Template, TemplateChange};

const TABLE: &str = "conference_template";
const PARTICIPANTS: &str = "conference_template_participant";

/// The start of an `INSERT` of several participants: template, user, role.
const INSERT_PARTICIPANTS: &str = "INSERT INTO conference_template_participant (template_id, user_id, role) ";

#[derive(sqlx::FromRow)]
struct TemplateRow {
    id: String,
    owner_id: Option<String>,
    client_id: String,
    name: String,
    description: Option<String>,
    duration_minutes: Option<i64>,
    created_at: i64,
}

fn parse_id(table: &'static str, column: &'static str, text: &str) -> Result<Uuid, StoreError> {
    Uuid::parse_str(text).map_err(|_| StoreError::Row {
        table,
        column,
        row: text.to_owned(),
    })
}

impl TemplateRow {
    fn with(self, participants: Vec<Participant>) -> Result<Template, StoreError> {
        let owner = self.owner_id.as_deref();
        Ok(Template {
            id: parse_id(TABLE, "id", &self.id)?,
            owner: owner.map(|id| parse_id(TABLE, "owner_id", id)).transpose()?,
            client_id: self.client_id,
            name: self.name,
            description: self.description,
            duration_minutes: self.duration_minutes,
            participants,
            created_at: self.created_at,
        })
    }
}

/// `of` is the user whose templates are meant; without one, everybody's are.
impl Database {
    /// Stores a template.
    pub async fn create_template(&self, template: &Template) -> Result<(), StoreError> {
        query!(self, write, "templates.create", |pool| {
            let mut transaction = pool.begin().await?;
            sqlx::query(
                "INSERT INTO conference_template \
                        (id, owner_id, client_id, name, description, duration_minutes, created_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(template.id.to_string())
            .bind(template.owner.map(|owner| owner.to_string()))
            .bind(&template.client_id)
            .bind(&template.name)
            .bind(&template.description)
            .bind(template.duration_minutes)
            .bind(template.created_at)
            .execute(&mut *transaction)
            .await?;
            if !template.participants.is_empty() {
                let mut insert = QueryBuilder::new(INSERT_PARTICIPANTS);
                insert.push_values(&template.participants, |mut row, participant| {
                    row.push_bind(template.id.to_string())
                        .push_bind(participant.user_id.to_string())
                        .push_bind(participant.role.as_str());
                });
                insert.build().execute(&mut *transaction).await?;
            }
            transaction.commit().await
        })
    }

    /// One page of templates, newest first, and how many there are.
    pub async fn list_templates(
        &self,
        of: Option<Uuid>,
        page: Page,
    ) -> Result<(i64, Vec<Template>), StoreError> {
        let owner = of.map(|of| of.to_string());
        let rows: Vec<TemplateRow> = query!(self, read, "templates.list", |pool| {
            let mut select = QueryBuilder::new(
                "SELECT id, owner_id, client_id, name, description, duration_minutes, created_at \
                 FROM conference_template",
            );
            if let Some(owner) = &owner {
                select.push(" WHERE owner_id = ").push_bind(owner.clone());
            }
            select
                .push(" ORDER BY created_at DESC, id DESC LIMIT ")
                .push_bind(page.size());
            select.push(" OFFSET ").push_bind(page.offset());
            select.build_query_as().fetch_all(pool).await
        })?;
        let count = match page.count_of_last(rows.len()) {
            Some(count) => count,
            None => query!(self, read, "templates.count", |pool| {
                sqlx::query_scalar(
                    "SELECT COUNT(*) FROM conference_template WHERE $1 IS NULL OR owner_id = $1",
                )
                .bind(&owner)
                .fetch_one(pool)
                .await
            })?,
        };
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let mut participants = self.template_participants(&ids).await?;
        let templates = rows.into_iter().map(|row| {
            let participants = participants.remove(&row.id).unwrap_or_default();
            row.with(participants)
        });
        Ok((count, templates.collect::<Result<_, _>>()?))
    }

    /// One template.
    pub async fn find_template(&self, id: Uuid, of: Option<Uuid>) -> Result<Option<Template>, StoreError> {
        let row: Option<TemplateRow> = query!(self, read, "templates.retrieve", |pool| {
            sqlx::query_as(
                "SELECT id, owner_id, client_id, name, description, duration_minutes, created_at \
                 FROM conference_template WHERE id = $1 AND ($2 IS NULL OR owner_id = $2)",
            )
            .bind(id.to_string())
            .bind(of.map(|of| of.to_string()))
            .fetch_optional(pool)
            .await
        })?;
        let Some(row) = row else {
            return Ok(None);
        };
        let mut participants = self.template_participants(&[&row.id]).await?;
        let participants = participants.remove(&row.id).unwrap_or_default();
        row.with(participants).map(Some)
    }

    async fn template_participants(
        &self,
        templates: &[&str],
    ) -> Result<HashMap<String, Vec<Participant>>, StoreError> {
        let mut found: HashMap<String, Vec<Participant>> = HashMap::new();
        if templates.is_empty() {
            return Ok(found);
        }
        let rows: Vec<(String, String, String)> = query!(self, read, "templates.participants", |pool| {
            let mut select = QueryBuilder::new(
                "SELECT template_id, user_id, role FROM conference_template_participant WHERE template_id IN (",
            );
            let mut ids = select.separated(", ");
            for id in templates {
                ids.push_bind((*id).to_owned());
            }
            select.push(") ORDER BY template_id, user_id");
            select.build_query_as().fetch_all(pool).await
        })?;
        for (template, user, role) in rows {
            let participant = Participant {
                user_id: parse_id(PARTICIPANTS, "user_id", &user)?,
                role: parse_role(PARTICIPANTS, &template, &role)?,
            };
            found.entry(template).or_default().push(participant);
        }
        Ok(found)
    }

    /// Changes a template. `false` when it is gone.
    pub async fn update_template(&self, id: Uuid, change: &TemplateChange) -> Result<bool, StoreError> {
        query!(self, write, "templates.update", |pool| {
            let mut transaction = pool.begin().await?;
            let updated = sqlx::query(
                "UPDATE conference_template SET name = COALESCE($2, name), \
                 description = CASE WHEN $3 THEN $4 ELSE description END, \
                 duration_minutes = CASE WHEN $5 THEN $6 ELSE duration_minutes END WHERE id = $1",
            )
            .bind(id.to_string())
            .bind(&change.name)
            .bind(change.description.is_change())
            .bind(change.description.value())
            .bind(change.duration_minutes.is_change())
            .bind(change.duration_minutes.value())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            if updated == 0 {
                return Ok(false);
            }
            if let Some(participants) = &change.participants {
                sqlx::query("DELETE FROM conference_template_participant WHERE template_id = $1")
                    .bind(id.to_string())
                    .execute(&mut *transaction)
                    .await?;
                if !participants.is_empty() {
                    let mut insert = QueryBuilder::new(INSERT_PARTICIPANTS);
                    insert.push_values(participants, |mut row, participant| {
                        row.push_bind(id.to_string())
                            .push_bind(participant.user_id.to_string())
                            .push_bind(participant.role.as_str());
                    });
                    insert.build().execute(&mut *transaction).await?;
                }
            }
            transaction.commit().await?;
            Ok(true)
        })
    }

    /// Deletes a template. `false` when it was gone already, or is somebody else's.
    pub async fn delete_template(&self, id: Uuid, of: Option<Uuid>) -> Result<bool, StoreError> {
        query!(self, write, "templates.delete", |pool| {
            sqlx::query("DELETE FROM conference_template WHERE id = $1 AND ($2 IS NULL OR owner_id = $2)")
                .bind(id.to_string())
                .bind(of.map(|of| of.to_string()))
                .execute(pool)
                .await
                .map(|done| done.rows_affected() > 0)
        })
    }
}
