//! What every request may use.

use std::sync::Arc;

use crate::config::Config;
use crate::directory::Directory;
use crate::documents::Documents;
use crate::domain::clock::Clock;
use crate::domain::id::Ids;
use crate::livekit::LiveKit;
use crate::sign_in::SignIn;
use crate::store::Database;
use crate::telemetry::Metrics;
use crate::verification::Verifier;

/// Cheap to clone: one pointer.
pub type AppState = Arc<State>;

/// Made once, at the start.
#[derive(Debug)]
pub struct State {
    /// The settings.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// New ids.
    pub ids: Ids,
    /// Rooms.
    pub database: Database,
    /// Tokens.
    pub verifier: Verifier,
    /// This server as an application of the authorization server; off unless it is registered.
    pub sign_in: Option<SignIn>,
    /// Users and groups.
    pub directory: Directory,
    /// Join tokens; none when no LiveKit server is configured.
    pub livekit: Option<LiveKit>,
    /// Counters.
    pub metrics: Metrics,
    /// Texts that never change while the server runs.
    pub documents: Documents,
}
