//! Applications and resource servers from memory: every request needs one, and they change rarely. Other
//! instances and the command line announce changes through the event log; an entry is read anew after a minute
//! in any case.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::future::Cache;
use token_format::catalogue::Catalogue;

use super::StoreError;
use super::database::Database;
use super::snapshot::Snapshot;
use super::sql::{applications, resources};
use crate::domain::application::{Application, ResourceServer};

/// Applications kept in memory at most.
const CAPACITY: u64 = 10_000;
/// An entry is never older than this.
const MAX_AGE: Duration = Duration::from_mins(1);

/// The cache.
#[derive(Debug)]
pub struct Clients {
    database: Database,
    /// Set where users and groups cannot be changed: applications then lack the permissions that would.
    read_only_directory: Option<Arc<Catalogue>>,
    applications: Cache<String, Arc<Application>>,
    /// How often an application was forgotten: a load that began before may hold what was forgotten since.
    forgotten: AtomicU64,
    resources: Snapshot<Vec<ResourceServer>>,
}

impl Clients {
    /// An empty cache in front of `database`. With `read_only_directory`, applications lose the permissions that
    /// change users or groups, whatever was registered (S3.58).
    pub fn new(database: Database, read_only_directory: Option<Arc<Catalogue>>) -> Self {
        Self {
            database,
            read_only_directory,
            applications: Cache::builder()
                .max_capacity(CAPACITY)
                .time_to_live(MAX_AGE)
                .build(),
            forgotten: AtomicU64::new(0),
            resources: Snapshot::default(),
        }
    }

    /// Finds an application. Of many callers that miss at once, one asks the database.
    pub async fn application(&self, client_id: &str) -> Result<Option<Arc<Application>>, StoreError> {
        if let Some(application) = self.applications.get(client_id).await {
            return Ok(Some(application));
        }
        let forgotten = self.forgotten.load(Ordering::Acquire);
        let loaded = self
            .applications
            .try_get_with_by_ref(client_id, async {
                match applications::find(&self.database, client_id).await {
                    Ok(Some(mut application)) => {
                        if let Some(catalogue) = &self.read_only_directory {
                            application.scope = catalogue.without_directory_writes(&application.scope);
                        }
                        Ok(Arc::new(application))
                    }
                    Ok(None) => Err(None),
                    Err(error) => Err(Some(error)),
                }
            })
            .await;
        if self.forgotten.load(Ordering::Acquire) != forgotten {
            self.applications.invalidate(client_id).await;
        }
        match loaded {
            Ok(application) => Ok(Some(application)),
            Err(failure) => match failure.as_ref() {
                None => Ok(None),
                Some(error) => Err(StoreError::Unavailable {
                    store: "SQL",
                    reason: error.to_string(),
                }),
            },
        }
    }

    /// Forgets an application that changed.
    pub async fn forget_application(&self, client_id: &str) {
        self.forgotten.fetch_add(1, Ordering::AcqRel);
        self.applications.invalidate(client_id).await;
    }

    /// Resource servers as last read, disabled ones included.
    pub fn resources(&self) -> Arc<Vec<ResourceServer>> {
        self.resources.get()
    }

    /// Finds a resource server by its client id.
    pub fn resource_by_id(&self, client_id: &str) -> Option<ResourceServer> {
        self.resources()
            .iter()
            .find(|resource| resource.client_id == client_id)
            .cloned()
    }

    /// Reads the resource servers anew.
    pub async fn reload_resources(&self) -> Result<(), StoreError> {
        let reading = self.resources.begin();
        self.resources
            .put(&reading, resources::all(&self.database).await?);
        Ok(())
    }
}
