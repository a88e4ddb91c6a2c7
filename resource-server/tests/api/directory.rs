//! Users and groups at the authorization server: what is asked, believed, and answered when it is away.

use std::time::Duration;

use resource_server::directory::{Directory, DirectoryError};
use resource_server::domain::attendee::Email;
use resource_server::domain::directory::{NewUser, UserChange, UserFilter};
use resource_server::domain::page::Page;
use uuid::Uuid;

use crate::harness::scim::Scim;
use crate::harness::{App, Engine, eventually};

async fn app() -> App {
    App::start(Engine::Sqlite).await
}

/// Somebody the authorization server knows.
fn user(scim: &Scim, name: &str) -> Uuid {
    let id = Uuid::new_v4();
    scim.has_user(id, &format!("{name}@example.org").to_lowercase(), name);
    id
}

async fn name(directory: &Directory, id: Uuid) -> String {
    directory.user(id).await.unwrap().unwrap().name.unwrap()
}

fn page(number: &str, size: &str) -> Page {
    Page::parse(Some(number), Some(size)).unwrap()
}

fn rename(name: &str) -> UserChange {
    UserChange {
        name: Some(name.into()),
        ..UserChange::default()
    }
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

/// Reading the same again costs no request until the short life of what was read is over.
#[tokio::test]
async fn users_and_groups_are_read_once_and_believed_shortly() {
    let app = App::start_with(Engine::Sqlite, |config| {
        config.directory.cache_seconds = Duration::from_secs(1);
    })
    .await;
    let (directory, scim) = (&app.state.directory, &app.issuer.scim);
    let (ann, bob) = (user(scim, "Ann"), user(scim, "Bob"));
    let group = scim.has_group("Staff", &[]);
    for _ in 0..5 {
        assert_eq!(name(directory, ann).await, "Ann");
        assert_eq!(directory.group(group).await.unwrap().unwrap().name, "Staff");
    }
    assert_eq!(scim.requests(), 2);
    assert_eq!(name(directory, bob).await, "Bob");
    assert_eq!(scim.requests(), 3);

    scim.rename("Users", ann, "Anna");
    scim.rename("Groups", group, "Crew");
    eventually(
        async || match (name(directory, ann).await, directory.group(group).await) {
            (name, Ok(Some(group))) if name == "Anna" && group.name == "Crew" => Ok(()),
            other => Err(format!("{other:?}")),
        },
    )
    .await;
}

/// Callers who come together share one reading.
#[tokio::test]
async fn twenty_callers_cause_one_request() {
    let app = app().await;
    let scim = &app.issuer.scim;
    let ann = user(scim, "Ann");
    let hold = scim.gate.write().await;
    let callers: Vec<_> = (0..20)
        .map(|_| {
            let state = app.state.clone();
            tokio::spawn(async move { name(&state.directory, ann).await })
        })
        .collect();
    eventually(async || (scim.requests() > 0).then_some(()).ok_or("no request".to_owned())).await;
    drop(hold);
    for caller in callers {
        assert_eq!(caller.await.unwrap(), "Ann");
    }
    assert_eq!(scim.requests(), 1);
}

#[tokio::test]
async fn own_changes_show_at_once() {
    let app = app().await;
    let (directory, scim) = (&app.state.directory, &app.issuer.scim);
    let ann = user(scim, "Ann");
    assert_eq!(name(directory, ann).await, "Ann");
    let changed = directory
        .update_user(ann, &rename("Anna"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(changed.name.as_deref(), Some("Anna"));
    assert_eq!(name(directory, ann).await, "Anna");
    // An answer without the user (204) is as good.
    scim.set_terse();
    let changed = directory
        .update_user(ann, &rename("Annie"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((changed.id, changed.name.as_deref()), (ann, Some("Annie")));
    assert_eq!(name(directory, ann).await, "Annie");
    assert!(directory.delete_user(ann).await.unwrap());
    assert_eq!(directory.user(ann).await.unwrap(), None);
    assert!(!directory.delete_user(ann).await.unwrap());
    assert_eq!(directory.update_user(ann, &rename("x")).await.unwrap(), None);

    let staff = directory.create_group("Staff").await.unwrap();
    assert_eq!(directory.group(staff.id).await.unwrap(), Some(staff.clone()));
    let crew = directory.rename_group(staff.id, "Crew").await.unwrap().unwrap();
    assert_eq!(directory.group(staff.id).await.unwrap(), Some(crew));
    assert!(directory.delete_group(staff.id).await.unwrap());
    assert_eq!(directory.group(staff.id).await.unwrap(), None);
}

/// A reading that began before a change and ends after it is not kept.
#[tokio::test]
async fn a_reading_that_a_change_overtook_is_not_kept() {
    let app = app().await;
    let scim = &app.issuer.scim;
    let ann = user(scim, "Ann");
    let hold = scim.gate.write().await;
    let state = app.state.clone();
    let slow = tokio::spawn(async move { name(&state.directory, ann).await });
    eventually(async || (scim.requests() > 0).then_some(()).ok_or("no request".to_owned())).await;
    app.state
        .directory
        .update_user(ann, &rename("Anna"))
        .await
        .unwrap();
    drop(hold);
    assert_eq!(slow.await.unwrap(), "Ann");
    assert_eq!(name(&app.state.directory, ann).await, "Anna");
}

/// What is not there, and what could not be read, is asked for again.
#[tokio::test]
async fn absences_and_failures_are_not_kept() {
    let app = app().await;
    let (directory, scim) = (&app.state.directory, &app.issuer.scim);
    let ann = Uuid::new_v4();
    assert_eq!(directory.user(ann).await.unwrap(), None);
    scim.has_user(ann, "ann@example.org", "Ann");
    scim.set_status(503);
    match directory.user(ann).await {
        Err(DirectoryError::Unavailable { retry_after, .. }) => {
            assert_eq!(retry_after.as_deref(), Some("7"));
        }
        other => panic!("{other:?}"),
    }
    scim.set_status(200);
    assert_eq!(name(directory, ann).await, "Ann");
    for outcome in ["ok", "refused", "failed"] {
        let line = format!("directory_requests_total{{outcome=\"{outcome}\"}}");
        assert!((app.metric(&line).await - 1.0).abs() < f64::EPSILON, "{outcome}");
    }
}

#[tokio::test]
async fn every_failure_has_its_kind() {
    let app = App::start_with(Engine::Sqlite, |config| {
        config.issuer.timeout = Duration::from_millis(300);
        config.directory.max_concurrent = 1;
    })
    .await;
    let (directory, scim) = (&app.state.directory, &app.issuer.scim);
    let ann = user(scim, "Ann");
    // Never answers; the second waits for its turn and gives up as well.
    scim.set_status(0);
    let (one, two) = tokio::join!(directory.user(ann), directory.group(ann));
    for error in [one.unwrap_err(), two.unwrap_err()] {
        assert!(matches!(error, DirectoryError::Unavailable { .. }), "{error:?}");
    }
    for status in [500, 502, 429, 302, 418] {
        scim.set_status(status);
        let error = directory.user(ann).await.unwrap_err();
        assert!(
            matches!(error, DirectoryError::Unavailable { .. }),
            "{status} {error:?}"
        );
    }
    for status in [401, 403] {
        scim.set_status(status);
        let error = directory.user(ann).await.unwrap_err();
        assert!(
            matches!(error, DirectoryError::Misconfigured { .. }),
            "{status} {error:?}"
        );
    }
    scim.set_status(401);
    let error = directory.delete_user(ann).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Misconfigured { .. }), "{error:?}");
    assert!(!error.to_string().contains("s%cret"), "{error}");
    scim.set_status(200);
    for status in [403, 501] {
        scim.set_read_only(status);
        match directory.delete_user(ann).await.unwrap_err() {
            DirectoryError::Forbidden { detail } => assert_eq!(detail, "Users and groups come from LDAP."),
            error => panic!("{error:?}"),
        }
        assert_eq!(name(directory, ann).await, "Ann");
    }
}

/// Filters are texts of the client's choice: they stay texts.
#[tokio::test]
async fn users_are_found_by_address_and_text_page_by_page() {
    let app = app().await;
    let (directory, scim) = (&app.state.directory, &app.issuer.scim);
    let ids: Vec<_> = ["Ann", "Anton", "Bob", "Carl"]
        .map(|name| user(scim, name))
        .into();
    let odd = Uuid::new_v4();
    scim.has_user(odd, "odd@example.org", r#"O"dd \ or id pr"#);
    let found = async |filter: UserFilter, number: &str| {
        let (count, users) = directory.users(&filter, page(number, "2")).await.unwrap();
        (count, users.iter().map(|user| user.id).collect::<Vec<_>>())
    };
    assert_eq!(found(UserFilter::Everyone, "2").await, (5, ids[2..4].to_vec()));
    assert_eq!(found(UserFilter::Everyone, "4").await, (5, vec![]));
    assert_eq!(
        found(UserFilter::Text("AN".into()), "1").await,
        (2, ids[..2].to_vec())
    );
    assert_eq!(
        found(UserFilter::Text(r#""dd \ or"#.into()), "1").await,
        (1, vec![odd])
    );
    assert_eq!(
        found(UserFilter::Text(r#"x" or userName co "ann"#.into()), "1").await,
        (0, vec![])
    );
    assert_eq!(
        found(UserFilter::Email(email("BOB@example.org")), "1").await,
        (1, vec![ids[2]])
    );
    assert_eq!(
        found(UserFilter::Email(email("ob@example.org")), "1").await,
        (0, vec![])
    );
}

#[tokio::test]
async fn a_new_user_has_what_was_asked_for() {
    let app = app().await;
    let (directory, scim) = (&app.state.directory, &app.issuer.scim);
    let new = |address: &str, password: &str| NewUser {
        email: email(address),
        name: Some("Ann Lee".into()),
        password: Some(password.into()),
        active: false,
    };
    let ann = directory
        .create_user(&new("ann@example.org", "long enough"))
        .await
        .unwrap();
    assert_eq!(
        (ann.email.as_str(), ann.name.as_deref(), ann.active),
        ("ann@example.org", Some("Ann Lee"), false)
    );
    assert_eq!(scim.record("Users", ann.id).unwrap()["password"], "long enough");
    for (address, password, field, message) in [
        (
            "ann@example.org",
            "long enough",
            "email",
            "A user with this email address exists already.",
        ),
        (
            "bob@example.org",
            "short",
            "password",
            "The password is too short.",
        ),
    ] {
        match directory.create_user(&new(address, password)).await {
            Err(DirectoryError::Field {
                field: at,
                message: text,
            }) => {
                assert_eq!((at, text.as_str()), (field, message));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn members_come_and_go() {
    let app = app().await;
    let (directory, scim) = (&app.state.directory, &app.issuer.scim);
    let (ann, bob, carl) = (user(scim, "Ann"), user(scim, "Bob"), user(scim, "Carl"));
    let staff = scim.has_group("Staff", &[ann]);
    scim.has_group("Others", &[bob]);
    assert!(directory.add_member(staff, bob).await.unwrap());
    assert!(directory.add_member(staff, carl).await.unwrap());
    assert!(directory.add_member(staff, carl).await.unwrap());
    let members = async |number: &str| {
        let (count, members) = directory
            .members(staff, page(number, "2"))
            .await
            .unwrap()
            .unwrap();
        (count, members.iter().map(|member| member.id).collect::<Vec<_>>())
    };
    assert_eq!(members("1").await, (3, vec![ann, bob]));
    assert_eq!(members("2").await, (3, vec![carl]));
    assert_eq!(members("3").await, (3, vec![]));
    assert!(directory.is_member(staff, bob).await.unwrap());
    assert!(directory.remove_member(staff, bob).await.unwrap());
    assert!(!directory.remove_member(staff, bob).await.unwrap());
    assert!(!directory.is_member(staff, bob).await.unwrap());
    assert_eq!(members("1").await, (2, vec![ann, carl]));
    let (count, groups) = directory.groups(Some(ann), page("1", "5")).await.unwrap();
    assert_eq!((count, groups[0].id), (1, staff));
    assert_eq!(directory.groups(None, page("1", "1")).await.unwrap().0, 2);
    let nowhere = Uuid::new_v4();
    assert_eq!(directory.members(nowhere, page("1", "2")).await.unwrap(), None);
    assert!(!directory.add_member(nowhere, ann).await.unwrap());
    assert!(!directory.remove_member(nowhere, ann).await.unwrap());
    let stranger = directory.add_member(staff, nowhere).await.unwrap_err();
    assert!(
        matches!(stranger, DirectoryError::Field { field: "user_id", .. }),
        "{stranger:?}"
    );
    let taken = directory.create_group("Others").await.unwrap_err();
    assert!(
        matches!(taken, DirectoryError::Field { field: "name", .. }),
        "{taken:?}"
    );
}
