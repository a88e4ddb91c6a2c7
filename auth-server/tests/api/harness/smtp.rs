//! A mail server for one test (RFC 5321): takes messages, or refuses them as it is told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A message as it came.
#[derive(Clone, Debug)]
pub struct SmtpMessage {
    pub from: String,
    pub to: Vec<String>,
    pub data: String,
}

impl SmtpMessage {
    /// The text, its transfer encoding undone.
    pub fn text(&self) -> String {
        let (head, body) = self.data.split_once("\r\n\r\n").expect("head and body");
        let head = head.to_lowercase();
        if head.contains("content-transfer-encoding: base64") {
            use base64::Engine;
            let joined: String = body.split_whitespace().collect();
            let bytes = base64::engine::general_purpose::STANDARD
                .decode(joined)
                .expect("base64");
            return String::from_utf8(bytes).expect("UTF-8");
        }
        if !head.contains("content-transfer-encoding: quoted-printable") {
            return body.to_owned();
        }
        let joined = body.replace("=\r\n", "");
        let mut bytes = Vec::new();
        let mut rest = joined.as_bytes();
        while let [first, tail @ ..] = rest {
            if *first == b'=' {
                let digits = std::str::from_utf8(&tail[..2]).expect("two digits");
                bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
                rest = &tail[2..];
            } else {
                bytes.push(*first);
                rest = tail;
            }
        }
        String::from_utf8(bytes).expect("UTF-8")
    }

    /// One header's value, as it came.
    pub fn header(&self, name: &str) -> Vec<String> {
        let (head, _) = self.data.split_once("\r\n\r\n").expect("head and body");
        head.replace("\r\n ", " ")
            .lines()
            .filter_map(|line| line.split_once(": "))
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.to_owned())
            .collect()
    }

    /// The link in the text.
    pub fn link(&self) -> String {
        let text = self.text();
        let line = text.lines().find(|line| line.starts_with("http"));
        line.expect("a link").trim().to_owned()
    }
}

#[derive(Debug, Default)]
struct Shared {
    messages: Vec<SmtpMessage>,
    /// What RCPT is answered with, instead of 250.
    refusal: Option<&'static str>,
    /// Whether nobody's password is right.
    refuses_sign_in: bool,
    connections: usize,
    credentials_in_clear: bool,
    signed_in: usize,
}

/// How a mail server speaks TLS.
#[derive(Clone)]
pub enum SmtpTls {
    /// Not at all.
    None,
    /// From the first byte (RFC 8314).
    Implicit(TlsAcceptor),
    /// After STARTTLS (RFC 3207).
    StartTls(TlsAcceptor),
}

/// A running mail server.
#[derive(Clone, Debug)]
pub struct Smtp {
    port: u16,
    shared: Arc<Mutex<Shared>>,
}

impl Smtp {
    pub async fn start() -> Self {
        Self::start_with(SmtpTls::None).await
    }

    pub async fn start_with(tls: SmtpTls) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let sink = Self {
            port: listener.local_addr().expect("an address").port(),
            shared: Arc::default(),
        };
        let shared = Arc::clone(&sink.shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.lock().expect("a lock").connections += 1;
                tokio::spawn(serve(stream, tls.clone(), Arc::clone(&shared)));
            }
        });
        sink
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// The same, with STARTTLS demanded, which this server does not offer.
    pub fn starttls_url(&self) -> String {
        format!("smtp://user:secret@127.0.0.1:{}?starttls", self.port)
    }

    /// Answers recipients with `answer` from now on; none: takes them.
    pub fn refuse(&self, answer: Option<&'static str>) {
        self.shared.lock().expect("a lock").refusal = answer;
    }

    /// Takes nobody's password from now on.
    pub fn refuse_sign_in(&self) {
        self.shared.lock().expect("a lock").refuses_sign_in = true;
    }

    pub fn messages(&self) -> Vec<SmtpMessage> {
        self.shared.lock().expect("a lock").messages.clone()
    }

    pub fn connections(&self) -> usize {
        self.shared.lock().expect("a lock").connections
    }

    /// Whether anybody sent a password or message without TLS.
    pub fn saw_anything(&self) -> bool {
        let shared = self.shared.lock().expect("a lock");
        shared.credentials_in_clear || !shared.messages.is_empty()
    }

    /// How often somebody signed in.
    pub fn signed_in(&self) -> usize {
        self.shared.lock().expect("a lock").signed_in
    }

    /// Waits for a number of messages.
    pub async fn wait_for(&self, count: usize) -> Vec<SmtpMessage> {
        for _ in 0..500 {
            let messages = self.messages();
            if messages.len() >= count {
                return messages;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{} of {count} messages came", self.messages().len());
    }
}

async fn serve(mut stream: TcpStream, tls: SmtpTls, shared: Arc<Mutex<Shared>>) {
    match tls {
        SmtpTls::None => talk(stream, "220 sink ESMTP\r\n", false, shared).await,
        SmtpTls::Implicit(acceptor) => {
            if let Ok(stream) = acceptor.accept(stream).await {
                talk(stream, "220 sink ESMTP\r\n", true, shared).await;
            }
        }
        SmtpTls::StartTls(acceptor) => {
            if begin_tls(&mut stream, &shared).await
                && let Ok(stream) = acceptor.accept(stream).await
            {
                talk(stream, "", true, shared).await;
            }
        }
    }
}

/// Talks in the clear until the other side asks for TLS; whatever else it says counts as seen in the clear.
async fn begin_tls(stream: &mut TcpStream, shared: &Arc<Mutex<Shared>>) -> bool {
    let (read, mut write) = stream.split();
    let mut lines = BufReader::new(read).lines();
    let _ = write.write_all(b"220 sink ESMTP\r\n").await;
    while let Ok(Some(line)) = lines.next_line().await {
        let upper = line.to_uppercase();
        if upper.starts_with("EHLO") {
            let _ = write.write_all(b"250-sink\r\n250 STARTTLS\r\n").await;
        } else if upper.starts_with("STARTTLS") {
            return write.write_all(b"220 go on\r\n").await.is_ok();
        } else {
            shared.lock().expect("a lock").credentials_in_clear = true;
            return false;
        }
    }
    false
}

async fn talk<S>(stream: S, greeting: &str, encrypted: bool, shared: Arc<Mutex<Shared>>)
where
    S: AsyncRead + AsyncWrite,
{
    let (read, mut write) = tokio::io::split(stream);
    let mut lines = BufReader::new(read).lines();
    let mut message = SmtpMessage {
        from: String::new(),
        to: Vec::new(),
        data: String::new(),
    };
    let _ = write.write_all(greeting.as_bytes()).await;
    while let Ok(Some(line)) = lines.next_line().await {
        let upper = line.to_uppercase();
        let answer = if upper.starts_with("EHLO") {
            "250-sink\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n"
        } else if upper.starts_with("AUTH") {
            let mut shared = shared.lock().expect("a lock");
            shared.credentials_in_clear |= !encrypted;
            if shared.refuses_sign_in {
                "535 5.7.8 no\r\n"
            } else {
                shared.signed_in += 1;
                "235 ok\r\n"
            }
        } else if upper.starts_with("MAIL") {
            line.clone_into(&mut message.from);
            "250 ok\r\n"
        } else if upper.starts_with("RCPT") {
            let refusal = shared.lock().expect("a lock").refusal;
            if refusal.is_none() {
                message.to.push(line.clone());
            }
            refusal.unwrap_or("250 ok\r\n")
        } else if upper.starts_with("DATA") {
            let _ = write.write_all(b"354 go on\r\n").await;
            while let Ok(Some(line)) = lines.next_line().await {
                if line == "." {
                    break;
                }
                message.data.push_str(line.strip_prefix('.').unwrap_or(&line));
                message.data.push_str("\r\n");
            }
            shared.lock().expect("a lock").messages.push(message.clone());
            message.to.clear();
            message.data.clear();
            "250 taken\r\n"
        } else if upper.starts_with("QUIT") {
            let _ = write.write_all(b"221 bye\r\n").await;
            return;
        } else if upper.starts_with("RSET") || upper.starts_with("NOOP") {
            "250 ok\r\n"
        } else {
            "502 unknown\r\n"
        };
        if write.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
