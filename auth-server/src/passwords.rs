//! People's passwords: Argon2id (m=19456 KiB, t=2, p=1) on a bounded pool, so that a flood of sign-ins never
//! takes the threads that the token endpoint needs.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

/// Sign-ins that may wait for a place; more are told to come back later.
const MAX_WAITING: usize = 256;

/// Checked when no such user exists, so that the time taken does not tell (B7): the hash of a random password that
/// nobody kept, with the parameters of all others.
const DECOY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$oQqEL1cMo2rsf4aw/9QsXw$VEtiqkVJGAsMaOwjKobn79Hh/bDbnElh4Ge3+/t32Q8";

/// Why a password could not be hashed or checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many are waiting already.
    #[error("too many sign-ins at once")]
    Busy,
    /// The stored hash is not in PHC format, or hashing failed.
    #[error("password hash: {0}")]
    Broken(String),
}

/// The bounded pool.
#[derive(Clone, Debug)]
pub struct Passwords {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Passwords {
    /// A pool of `parallel` workers; 0: one less than the machine has cores, at least one.
    pub fn new(parallel: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let parallel = if parallel == 0 {
            cores.saturating_sub(1).max(1)
        } else {
            parallel
        };
        Self {
            running: Arc::new(Semaphore::new(parallel)),
            waiting: Arc::new(Semaphore::new(parallel + MAX_WAITING)),
        }
    }

    /// Hashes a new password, in PHC format.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        self.run(move || hash(&password)).await
    }

    /// Whether `password` is the one behind `stored`. Without a stored hash it takes just as long and says no.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, PasswordError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| DECOY.to_owned());
        let matches = self.run(move || verify(&password, &stored)).await?;
        Ok(matches && known)
    }

    /// Whether a text is a hash that `verify` reads: Argon2id in PHC format.
    pub fn is_hash(text: &str) -> bool {
        text.starts_with("$argon2id$") && verify("", text).is_ok()
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _place = self.waiting.try_acquire().map_err(|_| PasswordError::Busy)?;
        // Moves into the work: a caller that goes away must not free the place while the work still runs.
        let worker = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(|_| PasswordError::Busy)?;
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(worker);
            result
        })
        .await
        .map_err(|error| PasswordError::Broken(error.to_string()))?
    }
}

fn argon2() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(19_456, 2, 1, None).map_err(|error| PasswordError::Broken(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<String, PasswordError> {
    argon2()?
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| PasswordError::Broken(error.to_string()))
}

fn verify(password: &str, stored: &str) -> Result<bool, PasswordError> {
    match argon2()?.verify_password(password.as_bytes(), stored) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(PasswordError::Broken(error.to_string())),
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::{DECOY, hash};

    /// B7: to check the decoy costs what it costs to check anybody's hash.
    #[test]
    fn the_decoy_has_the_parameters_of_all_others() {
        let made = hash("a password").expect("a hash");
        let parameters = |hash: &str| hash.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(parameters(DECOY), parameters(&made));
        assert_eq!(DECOY.len(), made.len());
    }
}
