//! Names to addresses, with every address checked before anything connects to it. The connection goes to the very
//! addresses that were checked, so a name that changes its answer in between (DNS rebinding) gains nothing.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::addresses::{Refused, Rules};

/// The addresses of a name, once found.
pub type Resolved = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// How names are looked up; tests put their own in its place.
pub type Lookup = Arc<dyn Fn(&str) -> Resolved + Send + Sync>;

/// The machine's own way.
pub fn system_lookup() -> Lookup {
    Arc::new(|name| {
        let name = name.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    })
}

/// A name that is not called because of where it leads.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NameRefused(pub(super) Refused);

/// Looks names up and refuses those that lead where nobody may call.
#[derive(Clone)]
pub(super) struct CheckedNames {
    pub(super) lookup: Lookup,
    pub(super) rules: Arc<Rules>,
    /// Only networks that the operator named.
    pub(super) named_alone: bool,
}

impl fmt::Debug for CheckedNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckedNames")
            .field("rules", &self.rules)
            .field("named_alone", &self.named_alone)
            .finish_non_exhaustive()
    }
}

impl CheckedNames {
    /// Says why an address is not called.
    pub(super) fn check(&self, address: IpAddr) -> Result<(), Refused> {
        self.rules.check(address)?;
        if self.named_alone && !self.rules.names(address) {
            return Err(Refused::NotNamed);
        }
        Ok(())
    }

    /// The addresses of a name. One that may not be called spoils them all: mixed answers are how rebinding is done.
    pub(super) async fn resolve(
        self,
        name: String,
    ) -> Result<Vec<IpAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let found = (self.lookup)(&name).await?;
        if found.is_empty() {
            return Err(Box::new(io::Error::from(io::ErrorKind::NotFound)));
        }
        for address in &found {
            self.check(*address).map_err(NameRefused)?;
        }
        Ok(found)
    }
}

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let resolving = self.clone().resolve(name.as_str().to_owned());
        Box::pin(async move {
            let found = resolving.await?;
            // Port 0: the one of the URL, which was checked before.
            let addresses: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
