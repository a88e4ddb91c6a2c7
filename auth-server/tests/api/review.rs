//! An application's review: its first secret comes with the approval.

use auth_server::domain::application::ReviewStatus;
use auth_server::domain::policy::Profile;
use auth_server::domain::secret::PlainToken;
use auth_server::store::sql::applications;

use crate::harness::NewApplication;
use crate::on_every_storage;

on_every_storage!(
    /// S4.27: of twenty approvals at once, one gives the first secret; later ones give none, and an application that is
    /// not known is not approved.
    one_first_secret,
    |server| async move {
        let database = &server.state.services.database;
        let new = NewApplication {
            public: true,
            ..NewApplication::of(Profile::Jiomeet)
        };
        let id = server.application(new).await.client_id;
        applications::set_review(database, &id, ReviewStatus::Pending, None)
            .await
            .expect("SQL");
        let approvals = (0..20).map(|number| {
            let (database, id) = (database.clone(), id.clone());
            let secret = PlainToken::presented(format!("cs-{number}")).hashed();
            tokio::spawn(async move {
                let given = applications::approve(&database, &id, None, Some(&secret), 1).await;
                (given.expect("SQL").expect("known"), secret)
            })
        });
        let mut given = Vec::new();
        for approval in approvals.collect::<Vec<_>>() {
            let (first, secret) = approval.await.expect("a task");
            given.extend(first.then_some(secret));
        }
        let application = applications::find(database, &id).await.expect("SQL").expect("known");
        assert_eq!(application.review, ReviewStatus::Approved);
        let kept: Vec<_> = application.secrets.into_iter().map(|secret| secret.hash).collect();
        assert_eq!((kept.len(), kept), (1, given));
        let unknown = applications::approve(database, "unknown", None, None, 1).await;
        assert_eq!(unknown.expect("SQL"), None);
    }
);
