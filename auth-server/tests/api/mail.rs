//! Messages to people: written into the outbox, sent over SMTP by one instance, tried again later, never lost.

use std::time::Duration;

use auth_server::domain::application::{Application, ReviewStatus};
use auth_server::domain::mail::{Letter, LinkPurpose, MailKind, MailState, Message};
use auth_server::domain::policy::Profile;
use auth_server::domain::user::User;
use auth_server::flows::audit::Subject;
use auth_server::flows::post::Recipient;
use auth_server::mail::{MailError, Mailer};
use auth_server::store::sql::{applications, mail_links, outbox, users};

use crate::harness::{Authority, EMAIL, NewApplication, Options, Server, Smtp, SmtpTls};
use crate::on_every_storage;

/// A server, and the mail server that it sends over.
async fn with_mail() -> (Server, Smtp) {
    let sink = Smtp::start().await;
    let server = Server::start_with(Options {
        smtp_url: Some(sink.url()),
        ..Options::default()
    })
    .await;
    (server, sink)
}

async fn alice(server: &Server) -> User {
    let found = users::find_by_email(&server.state.services.database, EMAIL).await;
    found.expect("the database").expect("she has an account")
}

async fn messages(server: &Server) -> Vec<Message> {
    outbox::list(&server.state.services.database, None, None, 100)
        .await
        .expect("the outbox")
}

/// The state of the newest message, once it is not waiting for its first attempt any more.
async fn settled(server: &Server) -> Message {
    for _ in 0..500 {
        let newest = messages(server).await.into_iter().next().expect("a message");
        if newest.attempts > 0 && (newest.state != MailState::Waiting || newest.last_error.is_some())
            || newest.state == MailState::Kept
        {
            return newest;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("still waiting");
}

fn approved() -> Letter {
    Letter::Approved {
        application: "Doodle".to_owned(),
        link: "https://id.example/developer".to_owned(),
    }
}

/// What is written is sent, in the reader's language, with the headers that a message of a machine has.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_sent() {
    let (server, sink) = with_mail().await;
    let services = &server.state.services;
    let alice = alice(&server).await;
    services
        .send_mail(Recipient::user(&alice, "fr"), &approved())
        .await;
    let sent = sink.wait_for(1).await;
    assert_eq!(sent[0].to, [format!("RCPT TO:<{EMAIL}>")]);
    assert!(
        sent[0]
            .text()
            .contains("Votre application Doodle a été approuvée"),
        "{}",
        sent[0].text()
    );
    assert_eq!(sent[0].header("Auto-Submitted"), ["auto-generated"]);
    assert_eq!(sent[0].header("To"), [EMAIL]);
    let kept = settled(&server).await;
    assert_eq!((kept.state, kept.kind), (MailState::Sent, MailKind::Approved));
    assert_eq!(sent[0].header("Message-ID"), [format!("<{}@localhost>", kept.id)]);
}

on_every_storage!(
    /// Without a mail server a message is kept, to be read in the console; its link works, and is blanked when it
    /// does no more.
    without_a_mail_server,
    |server| async move {
        let services = &server.state.services;
        let alice = alice(&server).await;
        let to = Recipient::user(&alice, "en");
        services.send_link(to, LinkPurpose::VerifyEmail).await.expect("written");
        services.wake.mail.notify_one();
        let kept = settled(&server).await;
        assert_eq!(kept.state, MailState::Kept);
        assert!(kept.body.contains("/verify-email?token=ml-"), "{}", kept.body);
        server.advance(Duration::from_hours(24));
        services.sweep_mail().await.expect("swept");
        assert_eq!(messages(&server).await[0].body, "");
        assert!(!outbox::resend(&services.database, kept.id, services.clock.now()).await.expect("the outbox"));
    },
    manual_clock
);

on_every_storage!(
    /// Of twenty instances that look at once, one sends.
    one_of_many_sends,
    |server| async move {
        let services = &server.state.services;
        let alice = alice(&server).await;
        // The tests' own task keeps what waits: this one is due later.
        services.post().send(Recipient::user(&alice, "en"), &approved()).await.expect("written");
        settled(&server).await;
        let id = messages(&server).await[0].id;
        let later = services.clock.now() + 1000;
        outbox::settle(&services.database, id, MailState::Failed, later, None).await.expect("failed");
        let sink = Smtp::start().await;
        let mailer = Mailer::new(&sink.url(), "id@example.com").expect("settings").expect("a mail server");
        server.end_tasks().await;
        assert!(outbox::resend(&services.database, id, services.clock.now()).await.expect("the outbox"));
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (services, mailer) = (services.clone(), mailer.clone());
                tokio::spawn(async move { services.deliver_mail(Some(&mailer)).await.expect("delivered") })
            })
            .collect();
        let mut delivered = 0;
        for task in tasks {
            delivered += usize::from(task.await.expect("it ends"));
        }
        assert_eq!((delivered, sink.messages().len()), (1, 1));
    },
    manual_clock
);

on_every_storage!(
    /// A mail server that is down or says "later" is asked later and later, and one that says "never" no more.
    attempts,
    |server| async move {
        let sink = Smtp::start().await;
        let mailer = Mailer::new(&sink.url(), "id@example.com").expect("settings").expect("a mail server");
        let services = &server.state.services;
        server.state.stopping.cancel();
        let alice = alice(&server).await;
        let send = async || services.deliver_mail(Some(&mailer)).await.expect("the outbox");
        tokio::time::sleep(Duration::from_millis(50)).await;
        services.post().send(Recipient::user(&alice, "en"), &approved()).await.expect("written");
        sink.refuse(Some("451 come back later\r\n"));
        let mut pauses = Vec::new();
        loop {
            assert!(send().await);
            assert!(!send().await, "not before it is due");
            let message = messages(&server).await.into_iter().next().expect("a message");
            if message.state != MailState::Waiting {
                assert_eq!(message.state, MailState::Failed);
                break;
            }
            assert!(message.last_error.expect("why").contains("451"));
            pauses.push(message.next_attempt_at - services.clock.now());
            server.advance(Duration::from_secs(u64::try_from(pauses[pauses.len() - 1]).expect("a pause")));
        }
        assert_eq!(pauses.len(), 7);
        assert!(pauses.is_sorted());
        // An administrator may try once more.
        let id = messages(&server).await[0].id;
        assert!(outbox::resend(&services.database, id, services.clock.now()).await.expect("the outbox"));
        sink.refuse(Some("550 no such mailbox\r\n"));
        assert!(send().await);
        let message = messages(&server).await.into_iter().next().expect("a message");
        assert_eq!((message.state, message.attempts), (MailState::Failed, 1));
        assert!(outbox::resend(&services.database, id, services.clock.now()).await.expect("the outbox"));
        sink.refuse(None);
        assert!(send().await);
        assert_eq!(messages(&server).await[0].state, MailState::Sent);
        assert!(!outbox::resend(&services.database, id, services.clock.now()).await.expect("the outbox"));
        assert_eq!(sink.messages().len(), 1);
    },
    manual_clock
);

/// Where STARTTLS is demanded and not to be had, neither password nor message is sent.
#[tokio::test(flavor = "multi_thread")]
async fn starttls_is_demanded() {
    let sink = Smtp::start().await;
    let server = Server::start_with(Options {
        smtp_url: Some(sink.starttls_url()),
        ..Options::default()
    })
    .await;
    let alice = alice(&server).await;
    server
        .state
        .services
        .send_mail(Recipient::user(&alice, "en"), &approved())
        .await;
    let waiting = settled(&server).await;
    assert!(sink.connections() > 0);
    assert!(!sink.saw_anything());
    assert_ne!(waiting.state, MailState::Sent);
    assert!(
        waiting
            .last_error
            .expect("why")
            .to_lowercase()
            .contains("starttls")
    );
}

/// H4: with a key_encryption_key the database holds no link that works, not even while its message waits; the reader and
/// the administrator get it all the same.
#[tokio::test(flavor = "multi_thread")]
async fn links_that_wait_are_encrypted() {
    let sink = Smtp::start().await;
    let server = Server::start_with(Options {
        configure: |config| {
            config.key_encryption_key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".to_owned();
        },
        ..Options::default()
    })
    .await;
    let services = &server.state.services;
    let alice = alice(&server).await;
    services
        .send_link(Recipient::user(&alice, "en"), LinkPurpose::VerifyEmail)
        .await
        .expect("written");
    let kept = settled(&server).await;
    assert!(
        kept.body_encrypted && !kept.body.contains("token="),
        "{}",
        kept.body
    );
    let shown = services
        .read_mail(kept.id, Subject::default())
        .await
        .expect("the outbox")
        .expect("a message");
    assert!(shown.body.contains("/verify-email?token="));
    server.end_tasks().await;
    assert!(
        services
            .resend_mail(kept.id, Subject::default())
            .await
            .expect("the outbox")
    );
    let mailer = Mailer::new(&sink.url(), "id@example.com")
        .expect("settings")
        .expect("a mail server");
    assert!(services.deliver_mail(Some(&mailer)).await.expect("the outbox"));
    assert!(sink.messages()[0].link().contains("/verify-email?token="));
}

/// A mail server whose certificate nobody vouches for gets neither password nor message, with TLS from the first byte
/// as after STARTTLS.
#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_checked() {
    token_format::provider::install();
    let authority = Authority::new();
    for (tls, scheme, query) in [
        (SmtpTls::Implicit(authority.acceptor()), "smtps", ""),
        (SmtpTls::StartTls(authority.acceptor()), "smtp", "?starttls"),
    ] {
        let sink = Smtp::start_with(tls).await;
        let url = format!("{scheme}://user:secret@127.0.0.1:{}{query}", sink.port());
        let mailer = Mailer::new(&url, "id@example.com")
            .expect("settings")
            .expect("a mail server");
        assert!(mailer.probe().await.is_err());
        assert!(mailer.send("1", EMAIL, "subject", "body").await.is_err());
        assert!(sink.connections() >= 2);
        assert!(!sink.saw_anything() && sink.signed_in() == 0);
    }
}

/// No value, whatever it holds, becomes a header or a recipient.
#[tokio::test(flavor = "multi_thread")]
async fn headers_cannot_be_smuggled_in() {
    let (server, sink) = with_mail().await;
    let services = &server.state.services;
    let alice = alice(&server).await;
    let evil = "Doodle\r\nBcc: eve@evil.example\r\nContent-Type: text/html\r\n\r\n<script>";
    let letter = Letter::Rejected {
        application: evil.to_owned(),
        reason: "\r\n.\r\nMAIL FROM:<eve@evil.example>\r\nRCPT TO:<bob@example.com>\r\n".to_owned(),
        link: "https://id.example/developer".to_owned(),
    };
    services.send_mail(Recipient::user(&alice, "en"), &letter).await;
    let sent = sink.wait_for(1).await;
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].to.len(), 1);
    assert!(sent[0].header("Bcc").is_empty());
    assert_eq!(sent[0].header("Content-Type"), ["text/plain; charset=utf-8"]);
    assert_eq!(sent[0].header("Subject").len(), 1);
    for address in [
        "alice@example.com\r\nBcc: eve@evil.example",
        "a@example.com, b@example.com",
        "a@b> RCPT TO:<c@d",
    ] {
        let to = Recipient {
            email: address,
            ..Recipient::user(&alice, "en")
        };
        services.send_mail(to, &approved()).await;
        let refused = settled(&server).await;
        assert_eq!(refused.state, MailState::Failed, "{address}");
    }
    assert_eq!(sink.messages().len(), 1);
}

on_every_storage!(
    /// A message whose link expired while it was being sent stays given up: nobody gets an empty one.
    given_up_while_it_was_sent,
    |server| async move {
        let services = &server.state.services;
        server.end_tasks().await;
        let alice = alice(&server).await;
        services.send_link(Recipient::user(&alice, "en"), LinkPurpose::ResetPassword).await.expect("written");
        let claimed = outbox::claim(&services.database, services.clock.now(), 60).await.expect("the outbox");
        let message = claimed.expect("it is due");
        server.advance(Duration::from_hours(1));
        services.sweep_mail().await.expect("swept");
        let later = services.clock.now() + 60;
        outbox::settle(&services.database, message.id, MailState::Waiting, later, Some("451")).await.expect("settled");
        let after = &messages(&server).await[0];
        assert_eq!((after.state, after.body.as_str()), (MailState::Failed, ""));
    },
    manual_clock
);

/// A round of sweeping goes on until nothing old is left, however much there is.
#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_old_is_swept() {
    let server = Server::start_with(Options::manual_clock()).await;
    server.end_tasks().await;
    let services = &server.state.services;
    let alice = alice(&server).await;
    for _ in 0..1001 {
        let post = services.post();
        post.send(Recipient::user(&alice, "en"), &approved())
            .await
            .expect("written");
    }
    server.advance(Duration::from_hours(91 * 24));
    services.sweep_mail().await.expect("swept");
    assert_eq!(messages(&server).await.len(), 0);
}

/// A mail server that does not take our password has said nothing about the message, which waits.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_of_ours_loses_no_message() {
    token_format::provider::install();
    let sink = Smtp::start().await;
    sink.refuse_sign_in();
    let url = format!("smtp://user:old@127.0.0.1:{}", sink.port());
    let mailer = Mailer::new(&url, "id@example.com")
        .expect("settings")
        .expect("a mail server");
    let refused = mailer.send("1", EMAIL, "subject", "body").await;
    assert!(
        matches!(&refused, Err(MailError::Transient(why)) if why.contains("535")),
        "{refused:?}"
    );
}

on_every_storage!(
    /// H4: a link is kept as a hash; when its message was sent, the message holds it no more. It works once.
    links_are_kept_as_hashes,
    |server| async move {
        let services = &server.state.services;
        server.end_tasks().await;
        let sink = Smtp::start().await;
        let mailer = Mailer::new(&sink.url(), "id@example.com").expect("settings").expect("a mail server");
        let alice = alice(&server).await;
        let to = Recipient::user(&alice, "en");
        services.send_link(to, LinkPurpose::VerifyEmail).await.expect("written");
        let first = services.deliver_mail(Some(&mailer)).await.expect("the outbox");
        assert!(first);
        let link = sink.messages()[0].link();
        let token = link.split("token=").nth(1).expect("a token").to_owned();
        assert_eq!(messages(&server).await[0].body, "");
        let token = auth_server::domain::secret::PlainToken::presented(&token);
        let now = services.clock.now();
        let other = mail_links::take(&services.database, &token.hashed(), LinkPurpose::ResetPassword, now).await;
        assert_eq!(other.expect("the database"), None, "a link is for one purpose");
        let late = mail_links::take(&services.database, &token.hashed(), LinkPurpose::VerifyEmail, now + 86_400).await;
        assert_eq!(late.expect("the database"), None, "it has expired");
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (services, token) = (services.clone(), token.clone());
                tokio::spawn(async move { services.verify_email(&token, "test").await.expect("the database") })
            })
            .collect();
        let mut verified = 0;
        for task in tasks {
            verified += usize::from(task.await.expect("it ends"));
        }
        assert_eq!(verified, 1);
        assert_eq!(server.audit("email_verified").await.len(), 1, "H6");
        assert!(mail_links::verified_at(&services.database, alice.id).await.expect("the database").is_some());
    },
    manual_clock
);

on_every_storage!(
    /// S4.18: a developer is told what a reviewer decided, and why; an application that nobody owns has nobody to tell.
    decisions_of_reviewers,
    |server| async move {
        let services = &server.state.services;
        let registered = server.application(NewApplication::of(Profile::Jiomeet).name("Doodle")).await;
        let found = applications::find(&services.database, &registered.client_id).await.expect("the database");
        let orphan = found.expect("it is registered");
        let owned = Application { owner_id: Some(alice(&server).await.id), ..orphan.clone() };
        let notices = services.notices();
        notices.decided(&orphan, ReviewStatus::Approved, None).await.expect("told");
        assert!(messages(&server).await.is_empty());
        for (decision, reason, kind) in [
            (ReviewStatus::Approved, None, MailKind::Approved),
            (ReviewStatus::OnHold, Some("The policy is in Latin."), MailKind::OnHold),
            (ReviewStatus::Rejected, Some("The host is somebody else\u{2019}s."), MailKind::Rejected),
        ] {
            server.advance(Duration::from_secs(1));
            notices.decided(&owned, decision, reason).await.expect("told");
            let newest = messages(&server).await.remove(0);
            assert_eq!((newest.kind, newest.recipient.as_str()), (kind, EMAIL));
            assert!(newest.subject.contains("Doodle"));
            assert!(newest.body.contains(reason.unwrap_or("can be used now")), "{}", newest.body);
        }
        server.advance(Duration::from_secs(1));
        notices.submitted(&owned).await.expect("told");
        let newest = messages(&server).await.remove(0);
        assert_eq!(newest.kind, MailKind::SubmissionReceived);
        assert!(newest.body.contains("24 to 48 hours"));
    },
    manual_clock
);

on_every_storage!(
    /// A sign-in with a device not seen in 90 days is written about; the first ever is not, and a known one is not.
    new_devices,
    |server| async move {
        let services = &server.state.services;
        let alice = alice(&server).await;
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0";
        let newer = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0";
        let edge = "Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36 Edg/130.0";
        let note = async |agent: &str, network: &str| {
            services.note_sign_in(&alice, agent, network, "en").await.expect("noted");
            messages(&server).await.len()
        };
        assert_eq!(note(firefox, "192.0.2.1").await, 0, "the first ever");
        assert_eq!(note(newer, "192.0.2.1").await, 0, "an update is no new device");
        assert_eq!(note(edge, "192.0.2.1").await, 1);
        assert_eq!(note(edge, "192.0.2.1").await, 1);
        assert_eq!(note(firefox, "198.51.100.7").await, 2, "another network");
        server.advance(Duration::from_hours(91 * 24));
        services.sweep_mail().await.expect("swept");
        let before = messages(&server).await.len();
        assert_eq!(before, 0, "old messages go");
        assert_eq!(note(firefox, "192.0.2.1").await, 1, "long not seen, and not the first ever");
        let message = &messages(&server).await[0];
        assert_eq!(message.kind, MailKind::NewSignIn);
        for part in ["Firefox, Linux", "192.0.2.1", "/account"] {
            assert!(message.body.contains(part), "{}", message.body);
        }
    },
    manual_clock
);
