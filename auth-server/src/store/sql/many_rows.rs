//! The lists of the console over 100,000 rows: what both databases plan to do, and that the parts fit together.

#![expect(clippy::expect_used, clippy::too_many_lines, reason = "tests")]

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row as _};
use uuid::Uuid;

use super::audit_log::{self, AuditQuery};
use super::condition::{Bound, bind_all};
use super::people::{self, UserQuery};
use super::registrations::{self, ApplicationQuery};
use super::{api_keys, outbox, reviews, webhooks};
use crate::domain::application::ReviewStatus;
use crate::domain::listing::Place;
use crate::domain::mail::MailState;
use crate::domain::role::Role;
use crate::on_database;
use crate::store::StoreError;
use crate::store::database::Database;

const ROWS: i64 = 100_000;

/// Rows as they are in use: most are alike, few are blocked, have a role or wait.
const FILL: [&str; 8] = [
    "INSERT INTO account (id, email, name, is_admin, is_developer, is_reviewer, disabled, created_at, updated_at) \
     SELECT '0199a5f0-7c3e-7d5a-8f5b-' || CAST(100000000000 + i AS TEXT), 'user' || CAST(i AS TEXT) || '@example.com', \
     'Person ' || CAST(i AS TEXT), i % 50000 = 0, i % 100 = 0, i % 20000 = 0, i % 10000 = 0, 1700000000 + i / 10, \
     1700000000 FROM n",
    "INSERT INTO application (client_id, name, profile, policy, auth_methods, redirect_uris, scope, domains, owner_id, \
     review, disabled, created_at, submitted_at) SELECT 'app-' || CAST(i AS TEXT), 'Application ' || CAST(i AS TEXT), \
     'jiomeet', '{}', '[]', '[]', '', '[]', '0199a5f0-7c3e-7d5a-8f5b-' || CAST(100000000000 + i / 10 AS TEXT), \
     CASE WHEN i % 1000 = 0 THEN 'pending' ELSE 'approved' END, i % 10000 = 0, 1700000000 + i / 10, 1700000000 + i FROM n \
     WHERE i >= 10",
    "INSERT INTO application_proposal (client_id, change, status, submitted_at) \
     SELECT 'app-' || CAST(i AS TEXT), '{}', CASE WHEN i % 1001 = 0 THEN 'pending' ELSE 'draft' END, 1700000000 + i \
     FROM n WHERE i >= 10",
    "INSERT INTO audit (id, at, kind, user_id, client_id, detail) SELECT 'line-' || CAST(i AS TEXT), 1700000000 + i / 10, \
     CASE WHEN i % 1000 = 0 THEN 'secret_changed' ELSE 'sign_in' END, \
     '0199a5f0-7c3e-7d5a-8f5b-' || CAST(100000000000 + i % 1000 AS TEXT), 'app-' || CAST(i % 1000 AS TEXT), '' FROM n",
    "INSERT INTO webhook_endpoint (id, url, secret, secret_encrypted, events, disabled, created_at) \
     SELECT '0199a5f0-7c3e-7d5a-8f5b-' || CAST(100000000000 + i AS TEXT), 'https://r.example/', '', FALSE, '[]', FALSE, \
     1700000000 FROM n WHERE i < 100",
    "INSERT INTO webhook_delivery (id, endpoint_id, event_id, event, payload, state, attempts, next_attempt_at, at) \
     SELECT 'delivery-' || CAST(i AS TEXT), '0199a5f0-7c3e-7d5a-8f5b-' || CAST(100000000000 + i % 100 AS TEXT), '', \
     'key.rotated', '', 'delivered', 1, 0, 1700000000 + i / 10 FROM n",
    "INSERT INTO outbox (id, at, recipient, language, kind, subject, body, state, attempts, next_attempt_at) \
     SELECT 'message-' || CAST(i AS TEXT), 1700000000 + i / 10, '', 'en', 'approved', '', '', \
     CASE WHEN i % 1000 = 0 THEN 'failed' ELSE 'sent' END, 1, 0 FROM n",
    "INSERT INTO api_key (id, client_id, name, hash, disabled, created_at) SELECT 'key-' || CAST(i AS TEXT), \
     'app-' || CAST(10 + i % 1000 AS TEXT), '', 'hash-' || CAST(i AS TEXT), FALSE, 1700000000 + i / 10 FROM n",
];

const RECEIVER: &str = "0199a5f0-7c3e-7d5a-8f5b-100000000007";

/// The statements of the lists, each with what it is.
fn statements(database: &Database) -> Vec<(&'static str, String, Vec<Bound>)> {
    let place = || {
        Some(Place {
            at: 1_700_005_000,
            id: "0199a5f0-7c3e-7d5a-8f5b-100000050000".to_owned(),
        })
    };
    let text = |text: &str| Some(text.to_owned());
    let mut found = Vec::new();
    for (what, query) in [
        ("users", UserQuery::default()),
        (
            "users after",
            UserQuery {
                after: place(),
                ..UserQuery::default()
            },
        ),
        (
            "users who begin so",
            UserQuery {
                search: text("user4711"),
                ..UserQuery::default()
            },
        ),
        (
            "users who begin so, after",
            UserQuery {
                search: text("person 99"),
                after: place(),
                ..UserQuery::default()
            },
        ),
        (
            "administrators",
            UserQuery {
                role: Some(Role::Admin),
                ..UserQuery::default()
            },
        ),
        (
            "reviewers after",
            UserQuery {
                role: Some(Role::Reviewer),
                after: place(),
                ..UserQuery::default()
            },
        ),
        (
            "blocked users",
            UserQuery {
                disabled: Some(true),
                ..UserQuery::default()
            },
        ),
        (
            "users who are not",
            UserQuery {
                disabled: Some(false),
                ..UserQuery::default()
            },
        ),
    ] {
        let (sql, values) = people::page_statement(database, &UserQuery { limit: 50, ..query });
        found.push((what, sql, values));
    }
    let pending = Some(ReviewStatus::Pending);
    let owner = "0199a5f0-7c3e-7d5a-8f5b-100000000123".parse().ok();
    for (what, query) in [
        ("applications", ApplicationQuery::default()),
        (
            "applications after",
            ApplicationQuery {
                after: place(),
                ..ApplicationQuery::default()
            },
        ),
        (
            "applications that begin so",
            ApplicationQuery {
                search: text("Application 4711"),
                ..ApplicationQuery::default()
            },
        ),
        (
            "an application",
            ApplicationQuery {
                search: text("app-4711"),
                ..ApplicationQuery::default()
            },
        ),
        (
            "pending ones",
            ApplicationQuery {
                review: pending,
                ..ApplicationQuery::default()
            },
        ),
        (
            "blocked ones",
            ApplicationQuery {
                disabled: Some(true),
                ..ApplicationQuery::default()
            },
        ),
        (
            "somebody's",
            ApplicationQuery {
                owner,
                ..ApplicationQuery::default()
            },
        ),
    ] {
        let (sql, values) = registrations::list_statement(database, &ApplicationQuery { limit: 50, ..query });
        found.push((what, sql, values));
    }
    for (what, is_proposal, after) in [
        ("the queue", false, None),
        (
            "the queue after",
            false,
            Some((false, 1_700_050_000, "app-50000")),
        ),
        ("proposals", true, None),
        ("proposals after", true, Some((false, 1_700_050_000, "app-50000"))),
    ] {
        let (sql, values) = reviews::queue_statement(ReviewStatus::Pending, is_proposal, after, 50);
        found.push((what, sql, values));
    }
    let kind = text("secret_changed");
    let user_id = text("0199a5f0-7c3e-7d5a-8f5b-100000000123");
    for (what, query) in [
        ("audit", AuditQuery::default()),
        (
            "audit after",
            AuditQuery {
                after: place(),
                ..AuditQuery::default()
            },
        ),
        (
            "audit of a kind",
            AuditQuery {
                kind: kind.clone(),
                ..AuditQuery::default()
            },
        ),
        (
            "audit of a user",
            AuditQuery {
                user_id: user_id.clone(),
                ..AuditQuery::default()
            },
        ),
        (
            "audit of an application",
            AuditQuery {
                client_id: text("app-123"),
                after: place(),
                ..AuditQuery::default()
            },
        ),
        (
            "audit of a user and a kind",
            AuditQuery {
                kind,
                user_id,
                ..AuditQuery::default()
            },
        ),
        (
            "audit of a time",
            AuditQuery {
                from: Some(1_700_000_100),
                until: Some(1_700_000_200),
                ..AuditQuery::default()
            },
        ),
    ] {
        let (sql, values) = audit_log::list_statement(&AuditQuery { limit: 50, ..query });
        found.push((what, sql, values));
    }
    found.extend(of_what_is_sent(place().as_ref()));
    found
}

/// The lists of deliveries, messages and API keys, from the beginning and from a place on.
fn of_what_is_sent(place: Option<&Place>) -> Vec<(&'static str, String, Vec<Bound>)> {
    let endpoint = RECEIVER.parse().expect("an id");
    let mut found = Vec::new();
    for after in [None, place] {
        let before = after.map(|place| (place.at, place.id.as_str()));
        for (what, (sql, values)) in [
            ("deliveries", webhooks::deliveries_statement(endpoint, before, 50)),
            ("messages", outbox::list_statement(None, before, 50)),
            (
                "messages that were not sent",
                outbox::list_statement(Some(MailState::Failed), before, 50),
            ),
            ("API keys", api_keys::page_statement(None, after, 50)),
            (
                "API keys of an application",
                api_keys::page_statement(Some("app-123"), after, 50),
            ),
        ] {
            found.push((what, sql, values));
        }
    }
    found
}

/// What a database plans to do, a line per step.
async fn plan(database: &Database, sql: &str, values: &[Bound]) -> Result<Vec<String>, StoreError> {
    let explain = match database {
        Database::Sqlite(_) => format!("EXPLAIN QUERY PLAN {sql}"),
        Database::Postgres(_) => format!("EXPLAIN {sql}"),
    };
    let column = match database {
        Database::Sqlite(_) => 3,
        Database::Postgres(_) => 0,
    };
    on_database!(database, pool => {
        let rows = bind_all!(sqlx::query(AssertSqlSafe(explain)), values).fetch_all(pool).await?;
        Ok(rows.iter().map(|row| row.get::<String, _>(column)).collect())
    })
}

async fn filled(database: Database) -> Database {
    database.migrate().await.expect("the schema");
    let numbers = format!(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {}) ",
        ROWS - 1
    );
    let filled: Result<(), StoreError> = async {
        for statement in FILL {
            // SQLite wants INSERT first, PostgreSQL takes it there.
            let (insert, select) = statement.split_once(" SELECT ").expect("a SELECT");
            let sql = format!("{insert} {numbers}SELECT {select}");
            on_database!(&database, pool => {
                sqlx::query(AssertSqlSafe(sql)).execute(pool).await?;
            });
        }
        // PostgreSQL does so by itself after a while; SQLite never does.
        if let Database::Postgres(pool) = &database {
            sqlx::query("ANALYZE").execute(pool).await?;
        }
        Ok(())
    }
    .await;
    filled.expect("100,000 rows");
    database
}

/// Every list goes by an index, and none reads a table from its beginning to its end or sorts it.
async fn every_list_goes_by_an_index(database: &Database) {
    for (what, sql, values) in statements(database) {
        let steps = plan(database, &sql, &values).await.expect("a plan");
        let text = steps.join("\n");
        let whole_table = steps.iter().any(|step| {
            let step = step.trim_start_matches([' ', '-', '>']);
            step.starts_with("Seq Scan")
                || step.contains("-> Seq Scan")
                || (step.starts_with("SCAN")
                    && !step.contains("USING INDEX")
                    && !step.contains("USING COVERING"))
        });
        assert!(!whole_table, "{what}: {sql}\n{text}");
        let by_index =
            text.contains("USING INDEX") || text.contains("Index") || text.contains("USING COVERING");
        assert!(by_index, "{what}: {sql}\n{text}");
    }
}

/// The parts of a list hold every row once, and the search finds what begins so, whatever the database's language.
async fn the_parts_fit_together(database: &Database) {
    let mut query = UserQuery {
        search: Some("User999".to_owned()),
        limit: 7,
        ..UserQuery::default()
    };
    let mut seen: Vec<String> = Vec::new();
    loop {
        let part = people::page(database, &query).await.expect("a part");
        seen.extend(part.items.into_iter().map(|person| person.user.email));
        query.after = part.next;
        if query.after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 111, "999, 999x and 999xx: {seen:?}");
    assert!(seen.iter().all(|email| email.starts_with("user999")));
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 111);
}

#[tokio::test]
async fn on_sqlite() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("rows.sqlite").display());
    let database = filled(Database::open(&url, 2).await.expect("SQLite")).await;
    every_list_goes_by_an_index(&database).await;
    the_parts_fit_together(&database).await;
}

#[tokio::test]
async fn on_postgres() {
    let server = std::env::var("TEST_POSTGRES_URL")
        .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/postgres".to_owned());
    let name = format!("anteroom_rows_{}", Uuid::new_v4().simple());
    let mut admin = PgConnection::connect(&server)
        .await
        .expect("PostgreSQL of the tests");
    let mut run = async |statement: String| {
        admin
            .execute(AssertSqlSafe(statement))
            .await
            .expect("the statement runs");
    };
    // A language in which texts are not compared byte by byte.
    run(format!(
        "CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'"
    ))
    .await;
    let mut url = url::Url::parse(&server).expect("TEST_POSTGRES_URL");
    url.set_path(&name);
    let database = filled(Database::open(url.as_str(), 2).await.expect("PostgreSQL")).await;
    let tested = tokio::spawn({
        let database = database.clone();
        async move {
            every_list_goes_by_an_index(&database).await;
            the_parts_fit_together(&database).await;
        }
    })
    .await;
    if let Database::Postgres(pool) = database {
        pool.close().await;
    }
    run(format!("DROP DATABASE {name} WITH (FORCE)")).await;
    tested.expect("the test");
}
