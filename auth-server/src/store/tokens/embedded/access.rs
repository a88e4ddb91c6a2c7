//! Access tokens.

use token_format::scope::ScopeSet;

use super::connection::{Connection, corrupt, to_json, values};
use super::cut_offs::not_cut_off;
use super::events;
use super::families::token_event;
use crate::domain::grant::{FamilyId, Grant};
use crate::domain::token::{AccessKey, AccessRecord, NewAccess};
use crate::store::StoreError;

pub(super) async fn add_to_family(
    db: &mut Connection<'_>,
    family: &str,
    access: &NewAccess,
) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO token_access (id, jti, family, scope, issued_at_ms, expires_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        values![
            &access.key.to_text(),
            &access.jti.to_string(),
            family,
            access.scope.as_ref().map(ScopeSet::as_str),
            access.issued_at_ms,
            access.expires_at_ms,
        ],
    )
    .await?;
    Ok(())
}

pub(super) async fn record(
    mut db: Connection<'_>,
    (access, grant): &(NewAccess, Grant),
) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO token_access (id, jti, client_id, user_id, grant_json, scope, issued_at_ms, expires_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        values![
            &access.key.to_text(),
            &access.jti.to_string(),
            &grant.client_id,
            grant.user_id.map(|id| id.to_string()).as_deref(),
            &to_json(grant, "grant")?,
            access.scope.as_ref().map(ScopeSet::as_str),
            access.issued_at_ms,
            access.expires_at_ms,
        ],
    )
    .await?;
    Ok(())
}

pub(super) async fn find(
    db: &mut Connection<'_>,
    key: &AccessKey,
    now_ms: i64,
) -> Result<Option<AccessRecord>, StoreError> {
    let row = db
        .row(
            concat!(
                "SELECT a.jti, a.family, COALESCE(f.grant_json, a.grant_json), a.scope, a.issued_at_ms, \
                 a.expires_at_ms FROM token_access a LEFT JOIN token_family f ON f.id = a.family \
                 WHERE a.id = $1 AND a.expires_at_ms > $2 AND (a.family IS NULL OR f.revoked = FALSE) AND ",
                not_cut_off!(
                    "COALESCE(f.client_id, a.client_id)",
                    "COALESCE(f.user_id, a.user_id)",
                    "COALESCE(f.authorized_at_ms, a.issued_at_ms)"
                )
            ),
            values![&key.to_text(), now_ms],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let family: Option<String> = row.maybe_text(1)?;
    let mut grant: Grant = row.json(2, "grant_json")?;
    if let Some(narrowed) = row.maybe_text(3)? {
        grant.scope = ScopeSet::parse(&narrowed).map_err(|error| corrupt("token_access.scope", error))?;
    }
    Ok(Some(AccessRecord {
        jti: row.parse(0, "token_access.jti")?,
        family: family
            .map(|id| {
                id.parse()
                    .map(FamilyId)
                    .map_err(|error| corrupt("token_access.family", error))
            })
            .transpose()?,
        grant,
        issued_at_ms: row.int(4)?,
        expires_at_ms: row.int(5)?,
    }))
}

pub(super) async fn revoke(
    mut db: Connection<'_>,
    (key, now_ms): &(AccessKey, i64),
) -> Result<(), StoreError> {
    let revoked = db
        .row(
            "DELETE FROM token_access WHERE id = $1 AND expires_at_ms > $2 RETURNING jti, expires_at_ms",
            values![&key.to_text(), *now_ms],
        )
        .await?;
    let Some(row) = revoked else { return Ok(()) };
    let event = token_event(&row.text(0)?, row.int(1)?)?;
    events::write(&mut db, &[to_json(&event, "event")?], *now_ms).await
}
