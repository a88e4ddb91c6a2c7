//! The operator's list of hosts that nobody may register: a file, read again when it changes (S4.25).

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::protocol::hosts::Blocklist;

/// The file behind `review.blocklist_file`.
#[derive(Debug)]
pub struct BlocklistFile {
    path: Option<PathBuf>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    stamp: Option<Stamp>,
    list: Arc<Blocklist>,
}

/// When it was changed and how long it is: another stamp, another content.
type Stamp = (Option<SystemTime>, u64);

impl BlocklistFile {
    /// Opens the file; an empty path stands for none. A file that cannot be read is an error.
    pub fn open(path: &str) -> io::Result<Self> {
        let file = Self {
            path: (!path.is_empty()).then(|| PathBuf::from(path)),
            known: Mutex::default(),
        };
        file.refresh()?;
        Ok(file)
    }

    /// The list as it is now. A file that has become unreadable leaves the last list in force.
    pub fn current(&self) -> Arc<Blocklist> {
        if let Err(error) = self.refresh() {
            tracing::error!(%error, path = ?self.path, "the blocklist cannot be read; the last one stays in force");
        }
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&known.list)
    }

    fn refresh(&self) -> io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let metadata = fs::metadata(path)?;
        let stamp = Some((metadata.modified().ok(), metadata.len()));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.stamp != stamp {
            known.list = Arc::new(Blocklist::parse(&fs::read_to_string(path)?));
            known.stamp = stamp;
            tracing::info!(hosts = known.list.len(), "blocklist read");
        }
        Ok(())
    }
}
