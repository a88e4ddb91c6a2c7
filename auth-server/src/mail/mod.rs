//! Mail: the words of each message, and the way to the mail server.

mod texts;
mod transport;

pub use texts::{Written, write};
pub use transport::{MailError, Mailer};
