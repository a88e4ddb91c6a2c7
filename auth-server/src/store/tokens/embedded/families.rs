//! Families: opening, using, revoking.

use super::access;
use super::connection::{Connection, corrupt, to_json, values};
use super::cut_offs::not_cut_off;
use super::events;
use crate::domain::event::Event;
use crate::domain::grant::{FamilyId, Grant};
use crate::domain::token::{NewAccess, NewRefresh, Opening};
use crate::store::StoreError;

/// A family about to be opened.
pub(super) struct Family<'f> {
    pub(super) id: FamilyId,
    pub(super) grant: &'f Grant,
    pub(super) grant_json: String,
    pub(super) authorized_at_ms: i64,
}

pub(super) async fn open(
    db: &mut Connection<'_>,
    family: &Family<'_>,
    opening: &Opening,
) -> Result<(), StoreError> {
    let id = family.id.0.to_string();
    let access = &opening.access;
    let refresh_end = opening
        .refresh
        .as_ref()
        .map(|refresh| refresh.expires_at_ms.min(opening.family_ends_at_ms));
    db.execute(
        "INSERT INTO token_family (id, client_id, user_id, grant_json, authorized_at_ms, issued_at_ms, \
         last_used_at_ms, ends_at_ms, expires_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8)",
        values![
            &id,
            &family.grant.client_id,
            family.grant.user_id.map(|id| id.to_string()).as_deref(),
            &family.grant_json,
            family.authorized_at_ms,
            access.issued_at_ms,
            opening.family_ends_at_ms,
            access.expires_at_ms.max(refresh_end.unwrap_or(0)),
        ],
    )
    .await?;
    if let Some(refresh) = &opening.refresh {
        add_refresh(db, &id, refresh, access.issued_at_ms, opening.family_ends_at_ms).await?;
    }
    access::add_to_family(db, &id, access).await
}

pub(super) async fn open_without_code(
    mut db: Connection<'_>,
    (id, grant, opening): &(FamilyId, Grant, Opening),
) -> Result<(), StoreError> {
    let family = Family {
        id: *id,
        grant,
        grant_json: to_json(grant, "grant")?,
        authorized_at_ms: opening.access.issued_at_ms,
    };
    open(&mut db, &family, opening).await
}

/// Adds a refresh token, its end cut to the family's; returns that end.
pub(super) async fn add_refresh(
    db: &mut Connection<'_>,
    family: &str,
    refresh: &NewRefresh,
    issued_at_ms: i64,
    family_ends_at_ms: i64,
) -> Result<i64, StoreError> {
    let expires_at_ms = refresh.expires_at_ms.min(family_ends_at_ms);
    db.execute(
        "INSERT INTO token_refresh (hash, family, issued_at_ms, expires_at_ms) VALUES ($1, $2, $3, $4)",
        values![refresh.hash.as_str(), family, issued_at_ms, expires_at_ms],
    )
    .await?;
    Ok(expires_at_ms)
}

/// Adds an access token to a family that was used again, and lengthens the family's record.
pub(super) async fn use_again(
    db: &mut Connection<'_>,
    family: &str,
    access: &NewAccess,
    refresh_expires_at_ms: i64,
) -> Result<(), StoreError> {
    db.execute(
        "UPDATE token_family SET last_used_at_ms = $2, \
         expires_at_ms = CASE WHEN expires_at_ms < $3 THEN $3 ELSE expires_at_ms END WHERE id = $1",
        values![
            family,
            access.issued_at_ms,
            refresh_expires_at_ms.max(access.expires_at_ms)
        ],
    )
    .await?;
    access::add_to_family(db, family, access).await
}

pub(super) async fn find(
    db: &mut Connection<'_>,
    family: FamilyId,
    now_ms: i64,
) -> Result<Option<Grant>, StoreError> {
    let row = db
        .row(
            concat!(
                "SELECT f.grant_json FROM token_family f \
                 WHERE f.id = $1 AND f.expires_at_ms > $2 AND f.revoked = FALSE AND ",
                not_cut_off!("f.client_id", "f.user_id", "f.authorized_at_ms")
            ),
            values![&family.0.to_string(), now_ms],
        )
        .await?;
    row.map(|row| row.json(0, "grant_json")).transpose()
}

/// Revokes a family and tells the followers of each of its live access tokens. Again: changes nothing.
pub(super) async fn revoke(db: &mut Connection<'_>, family: FamilyId, now_ms: i64) -> Result<(), StoreError> {
    let id = family.0.to_string();
    let revoked = db
        .execute(
            "UPDATE token_family SET revoked = TRUE WHERE id = $1 AND revoked = FALSE",
            values![&id],
        )
        .await?;
    if revoked == 0 {
        return Ok(());
    }
    let tokens = db
        .rows(
            "DELETE FROM token_access WHERE family = $1 RETURNING jti, expires_at_ms",
            values![&id],
        )
        .await?;
    let mut told = Vec::with_capacity(tokens.len());
    for token in &tokens {
        let expires_at_ms = token.int(1)?;
        if expires_at_ms > now_ms {
            told.push(to_json(&token_event(&token.text(0)?, expires_at_ms)?, "event")?);
        }
    }
    events::write(db, &told, now_ms).await
}

pub(super) async fn revoke_one(
    mut db: Connection<'_>,
    (family, now_ms): &(FamilyId, i64),
) -> Result<(), StoreError> {
    revoke(&mut db, *family, *now_ms).await
}

/// The event of one revoked access token. Its end is rounded up, so that it is not forgotten too early.
pub(super) fn token_event(jti: &str, expires_at_ms: i64) -> Result<Event, StoreError> {
    let jti = jti.parse().map_err(|error| corrupt("token_access.jti", error))?;
    Ok(Event::Token {
        jti,
        exp: (expires_at_ms + 999).div_euclid(1000),
    })
}
