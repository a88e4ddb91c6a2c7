//! Logos: fetched once when an application is submitted, and served from here, so that a consent page tells no third
//! party who looks at it, and the picture that was reviewed is the one that is shown.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{FlowError, Services};
use crate::domain::secret::hex;
use crate::outbound::{Body, OutboundError, Schemes};
use crate::protocol::pictures::Picture;
use crate::store::sql::logos;

/// Largest logo.
pub const MAX_LOGO_BYTES: usize = 256 * 1024;
/// A logo stays this long after it was fetched, whether anybody shows it or not, seconds.
const FRESH_SECONDS: i64 = 3600;
/// Logos that are looked at in one go.
const PART: i64 = 1000;

/// A picture that may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    /// SHA-256 of the content, hexadecimal: its name.
    pub hash: String,
    /// What it is.
    pub picture: Picture,
    /// The content.
    pub bytes: Vec<u8>,
}

/// Why a URL gives no logo.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogoProblem {
    /// It could not be fetched.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// The server there refuses it.
    #[error("it answers {0}")]
    Status(u16),
    /// Not a picture that is shown here.
    #[error("it is not a PNG, JPEG, WebP or GIF picture")]
    NotAPicture,
}

impl Services {
    /// Fetches a logo.
    pub async fn fetch_logo(&self, url: &str) -> Result<Logo, LogoProblem> {
        let limit = Body::AtMost(MAX_LOGO_BYTES);
        let answer = self.outbound.get(url, Schemes::Https, limit).await?;
        if answer.status != 200 {
            return Err(LogoProblem::Status(answer.status));
        }
        let picture = Picture::of(&answer.body).ok_or(LogoProblem::NotAPicture)?;
        Ok(Logo {
            hash: hex(digest(&SHA256, &answer.body).as_ref()),
            picture,
            bytes: answer.body,
        })
    }

    /// Keeps a logo's content under its hash.
    pub async fn store_logo(&self, logo: &Logo) -> Result<(), FlowError> {
        let data = STANDARD.encode(&logo.bytes);
        let media_type = logo.picture.media_type();
        logos::insert(&self.database, &logo.hash, media_type, &data, self.clock.now()).await?;
        Ok(())
    }

    /// Deletes logos that nobody shows any more, a bounded part of all: those after `after`. Gives where the next part
    /// begins.
    pub async fn delete_unused_logos(&self, after: &str) -> Result<String, FlowError> {
        let fetched_before = self.clock.now() - FRESH_SECONDS;
        let last = logos::delete_unused(&self.database, after, PART, fetched_before).await?;
        Ok(last.unwrap_or_default())
    }

    /// The media type and content of a stored logo.
    pub async fn logo(&self, hash: &str) -> Result<Option<(String, Vec<u8>)>, FlowError> {
        let row = logos::find(&self.database, hash).await?;
        Ok(row.and_then(|row| Some((row.content_type, STANDARD.decode(row.data).ok()?))))
    }
}
