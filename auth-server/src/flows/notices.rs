//! What is told about applications and users, to the people concerned and to other systems: one call for each thing
//! that happens, for a running server and the command line alike. What is told is written down at once; it is sent
//! behind.

use uuid::Uuid;

use super::Services;
use super::post::{Post, Recipient};
use super::webhooks::Announcer;
use crate::domain::application::{Application, ReviewStatus};
use crate::domain::clock::Clock;
use crate::domain::mail::Letter;
use crate::domain::webhook::{EventType, Happening};
use crate::paths;
use crate::store::StoreError;
use crate::store::database::Database;
use crate::store::sql::users;

/// Where developers see their applications.
const DEVELOPER: &str = "/developer";

/// Tells people and other systems.
#[derive(Clone, Copy, Debug)]
pub struct Notices<'a> {
    /// Records.
    pub database: &'a Database,
    /// The time.
    pub clock: &'a Clock,
    /// Where links lead.
    pub issuer: &'a str,
}

impl Notices<'_> {
    /// An application was submitted for review.
    pub async fn submitted(&self, application: &Application) -> Result<(), StoreError> {
        let letter = Letter::SubmissionReceived {
            application: application.name.clone(),
            link: self.developer(),
        };
        self.write_to_owner(application, &letter).await?;
        let happening = Happening::new(EventType::ReviewSubmitted).application(&application.client_id);
        self.announcer().emit(&happening).await
    }

    /// A reviewer decided: approved, on hold or rejected.
    pub async fn decided(
        &self,
        application: &Application,
        decision: ReviewStatus,
        reason: Option<&str>,
    ) -> Result<(), StoreError> {
        let (name, link) = (application.name.clone(), self.developer());
        let reason = reason.unwrap_or("-").to_owned();
        let letter = match decision {
            ReviewStatus::Approved => Some(Letter::Approved {
                application: name,
                link,
            }),
            ReviewStatus::OnHold => Some(Letter::OnHold {
                application: name,
                reason,
                link,
            }),
            ReviewStatus::Rejected => Some(Letter::Rejected {
                application: name,
                reason,
                link,
            }),
            ReviewStatus::Draft | ReviewStatus::Pending => None,
        };
        if let Some(letter) = letter {
            self.write_to_owner(application, &letter).await?;
        }
        let happening = Happening::new(EventType::ReviewDecided)
            .application(&application.client_id)
            .fact("decision", decision.as_str());
        self.announcer().emit(&happening).await
    }

    /// Something happened to an application: it was registered, edited or blocked, or its tokens were revoked.
    pub async fn application(&self, event: EventType, client_id: &str) -> Result<(), StoreError> {
        self.announcer()
            .emit(&Happening::new(event).application(client_id))
            .await
    }

    /// Something happened to a user: made, blocked, another password or second factor.
    pub async fn user(&self, event: EventType, user_id: Uuid) -> Result<(), StoreError> {
        self.announcer().emit(&Happening::new(event).user(user_id)).await
    }

    /// There is a new signing key.
    pub async fn keys_rotated(&self) -> Result<(), StoreError> {
        self.announcer()
            .emit(&Happening::new(EventType::KeyRotated))
            .await
    }

    /// Somebody else gave a user another password.
    pub async fn password_replaced(&self, user_id: Uuid) -> Result<(), StoreError> {
        self.write_to(user_id, &Letter::PasswordChanged).await?;
        self.user(EventType::PasswordChanged, user_id).await
    }

    /// Somebody else removed a user's second factors.
    pub async fn second_factors_removed(&self, user_id: Uuid) -> Result<(), StoreError> {
        let letter = Letter::SecondFactorChanged {
            link: format!("{}{}", self.issuer, paths::ACCOUNT_SECURITY),
        };
        self.write_to(user_id, &letter).await?;
        self.user(EventType::SecondFactorChanged, user_id).await
    }

    async fn write_to_owner(&self, application: &Application, letter: &Letter) -> Result<(), StoreError> {
        match application.owner_id {
            Some(owner) => self.write_to(owner, letter).await,
            None => Ok(()),
        }
    }

    async fn write_to(&self, user_id: Uuid, letter: &Letter) -> Result<(), StoreError> {
        let user = users::find(self.database, user_id).await?;
        let Some(user) = user.filter(|user| !user.disabled) else {
            return Ok(());
        };
        let post = Post {
            database: self.database,
            clock: self.clock,
            issuer: self.issuer,
        };
        post.send(Recipient::user(&user, "en"), letter).await
    }

    fn announcer(&self) -> Announcer<'_> {
        Announcer {
            database: self.database,
            clock: self.clock,
        }
    }

    fn developer(&self) -> String {
        format!("{}{DEVELOPER}", self.issuer)
    }
}

impl Services {
    /// What a running server tells.
    pub fn notices(&self) -> Notices<'_> {
        Notices {
            database: &self.database,
            clock: &self.clock,
            issuer: &self.issuer,
        }
    }

    /// Wakes what sends, after something was written down.
    pub fn send_now(&self) {
        self.wake.mail.notify_one();
        self.wake.webhooks.notify_one();
    }
}
