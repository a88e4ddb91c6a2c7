//! A bounded number of questions to the authorization server at a time.

use std::time::Duration;

use tokio::sync::Semaphore;

use super::issuer::IssuerError;

/// What is beyond the bound waits its turn, and gives up in time.
#[derive(Debug)]
pub struct Bounded {
    permits: Semaphore,
    timeout: Duration,
}

impl Bounded {
    /// At most `max_concurrent` questions are under way; one takes no longer than `timeout`, waiting included.
    pub fn new(max_concurrent: usize, timeout: Duration) -> Self {
        Self {
            permits: Semaphore::new(max_concurrent),
            timeout,
        }
    }

    /// Asks when it is this question's turn.
    pub async fn run<T>(
        &self,
        what: &'static str,
        question: impl Future<Output = Result<T, IssuerError>>,
    ) -> Result<T, IssuerError> {
        let transport = |problem| IssuerError::Transport { what, problem };
        let in_turn = async {
            let _permit = self
                .permits
                .acquire()
                .await
                .map_err(|error| transport(error.to_string()))?;
            question.await
        };
        tokio::time::timeout(self.timeout, in_turn)
            .await
            .unwrap_or_else(|_| Err(transport(format!("no answer within {:?}", self.timeout))))
    }
}
