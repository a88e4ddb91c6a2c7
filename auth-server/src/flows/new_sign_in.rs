//! A message about a sign-in with a device that its user has not been seen with lately.

use chrono::{DateTime, Utc};

use super::post::Recipient;
use super::{FlowError, Services};
use crate::domain::device::device;
use crate::domain::mail::Letter;
use crate::domain::user::User;
use crate::store::sql::devices::{self, Seen};

/// Seconds after which a device is new again.
const FORGOTTEN_AFTER: i64 = 90 * 86_400;

impl Services {
    /// Records the device of a sign-in, and writes to its user when it is a new one; not about the first sign-in ever.
    pub async fn note_sign_in(
        &self,
        user: &User,
        user_agent: &str,
        network: &str,
        language: &str,
    ) -> Result<(), FlowError> {
        let now = self.clock.now();
        let device = device(user_agent);
        let since = now - FORGOTTEN_AFTER;
        let seen = devices::record(&self.database, user.id, &device, network, since, now).await?;
        if seen != Seen::New {
            return Ok(());
        }
        let at = DateTime::<Utc>::from_timestamp(now, 0)
            .map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string())
            .unwrap_or_default();
        let letter = Letter::NewSignIn {
            device,
            network: network.to_owned(),
            at,
            link: format!("{}/account", self.issuer),
        };
        self.send_mail(Recipient::user(user, language), &letter).await;
        Ok(())
    }
}
