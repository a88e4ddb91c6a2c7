//! The way to the mail server: SMTP over TLS (RFC 8314) or STARTTLS that is required (RFC 3207); in the clear to this
//! machine alone.

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MessageBuilder};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::response::Code;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use percent_encoding::percent_decode_str;
use url::Url;

/// For one message.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The settings cannot work.
    #[error("{0}")]
    Setting(String),
    /// It will never be: the address is none, or the mail server refuses for good.
    #[error("{0}")]
    Permanent(String),
    /// Not now.
    #[error("{0}")]
    Transient(String),
}

/// Sends messages.
#[derive(Clone, Debug)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    /// A way to `smtp_url`; none when it is empty. `from` is `Name <address>`.
    pub fn new(smtp_url: &str, from: &str) -> Result<Option<Self>, MailError> {
        if smtp_url.is_empty() {
            return Ok(None);
        }
        let from = from
            .parse()
            .map_err(|error| MailError::Setting(format!("mail.from: {error}")))?;
        let transport =
            transport(smtp_url).map_err(|problem| MailError::Setting(format!("mail.smtp_url: {problem}")))?;
        Ok(Some(Self { transport, from }))
    }

    /// Whether the mail server lets us in.
    pub async fn probe(&self) -> Result<(), MailError> {
        match tokio::time::timeout(PATIENCE, self.transport.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(MailError::Transient("the mail server does not answer".to_owned())),
            Ok(Err(error)) => Err(MailError::Transient(error.to_string())),
            Err(_) => Err(MailError::Transient("no answer from the mail server".to_owned())),
        }
    }

    /// Sends one message of plain text. `id` makes its Message-ID, so that a reader's program knows one that comes
    /// twice for one.
    pub async fn send(&self, id: &str, to: &str, subject: &str, body: &str) -> Result<(), MailError> {
        // An address is parsed, never pasted: it cannot carry a second recipient or a header.
        let to: Address = to
            .parse()
            .map_err(|error| MailError::Permanent(format!("the address: {error}")))?;
        let host = self.from.email.domain();
        let message: Message = MessageBuilder::new()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(subject)
            .message_id(Some(format!("<{id}@{host}>")))
            .header(ContentType::TEXT_PLAIN)
            .header(AutoSubmitted)
            .body(body.to_owned())
            .map_err(|error| MailError::Permanent(error.to_string()))?;
        let sending = tokio::time::timeout(PATIENCE, self.transport.send(message));
        match sending.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_permanent() && !error.status().is_some_and(is_about_us) => {
                Err(MailError::Permanent(error.to_string()))
            }
            Ok(Err(error)) => Err(MailError::Transient(error.to_string())),
            Err(_) => Err(MailError::Transient("no answer from the mail server".to_owned())),
        }
    }
}

/// Whether an answer is about our login or our way there (RFC 4954 6, RFC 3207 4), not about the message: an operator
/// will mend it, and no message is lost until then.
fn is_about_us(code: Code) -> bool {
    matches!(u16::from(code), 530 | 534 | 535 | 538)
}

/// `Auto-Submitted: auto-generated` (RFC 3834): no out-of-office answer comes back.
#[derive(Clone, Debug)]
struct AutoSubmitted;

impl lettre::message::header::Header for AutoSubmitted {
    fn name() -> lettre::message::header::HeaderName {
        lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> lettre::message::header::HeaderValue {
        lettre::message::header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

fn transport(url: &str) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let url = Url::parse(url).map_err(|error| error.to_string())?;
    let host = url
        .host_str()
        .filter(|host| !host.is_empty())
        .ok_or("has no host")?
        .trim_matches(['[', ']']);
    let loopback = matches!(host, "localhost" | "127.0.0.1" | "::1");
    let parameters = || TlsParameters::new(host.to_owned()).map_err(|error| error.to_string());
    let (tls, port) = match (url.scheme(), url.query()) {
        ("smtps", None) => (Tls::Wrapper(parameters()?), 465),
        ("smtp", Some("starttls")) => (Tls::Required(parameters()?), 587),
        ("smtp", None) if loopback => (Tls::None, 25),
        ("smtp", None) => {
            return Err(
                "would send messages in the clear: use smtps://HOST, or smtp://HOST:587?starttls".to_owned(),
            );
        }
        _ => return Err("is neither smtps://HOST nor smtp://HOST?starttls".to_owned()),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
        .port(url.port().unwrap_or(port))
        .tls(tls)
        .timeout(Some(PATIENCE));
    if !url.username().is_empty() {
        let decode = |text: &str| {
            percent_decode_str(text)
                .decode_utf8()
                .map(std::borrow::Cow::into_owned)
                .map_err(|error| error.to_string())
        };
        let password = decode(url.password().unwrap_or_default())?;
        builder = builder.credentials(Credentials::new(decode(url.username())?, password));
    }
    Ok(builder.build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_never_leave_this_machine_in_the_clear() {
        token_format::provider::install();
        for (url, fine) in [
            ("smtps://mail.example.com", true),
            ("smtps://user:p%40ss@mail.example.com:465", true),
            ("smtp://mail.example.com:587?starttls", true),
            ("smtp://localhost:2525", true),
            ("smtp://127.0.0.1:2525", true),
            ("smtp://mail.example.com", false),
            ("smtp://mail.example.com:587", false),
            ("smtp://mail.example.com?tls=opportunistic", false),
            ("smtp://127.0.0.1.example.com", false),
            ("https://mail.example.com", false),
            ("mail.example.com", false),
        ] {
            let built = Mailer::new(url, "Anteroom <id@example.com>");
            assert_eq!(matches!(built, Ok(Some(_))), fine, "{url}: {built:?}");
        }
        assert!(matches!(Mailer::new("", ""), Ok(None)));
        assert!(Mailer::new("smtp://localhost", "nobody").is_err());
    }
}
