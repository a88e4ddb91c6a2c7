//! The console's pages about applications and their review.

use std::collections::BTreeMap;

use token_format::catalogue::Catalogue;
use uuid::Uuid;

use super::Values;
use crate::domain::application::{About, Application, AuthMethod, ReviewStatus};
use crate::domain::finding::{Examination, Finding, FindingField, FindingKind};
use crate::domain::policy::Profile;
use crate::domain::user::User;
use crate::flows::registry::{Conflict, Overview, Problem};
use crate::pages::*;

const AT: &str = "2026-11-23 12:00 UTC";

fn admin() -> User {
    User {
        id: Uuid::nil(),
        email: String::new(),
        name: String::new(),
        password_hash: None,
        is_admin: true,
        is_developer: false,
        is_reviewer: false,
        is_auditor: false,
        language: None,
        disabled: false,
        created_at: 0,
    }
}

fn application(values: &Values<'_>) -> Application {
    let some = || Some(values.other.to_owned());
    Application {
        client_id: values.other.to_owned(),
        name: values.client.to_owned(),
        profile: Profile::Jiomeet,
        policy: Profile::Jiomeet.policy(),
        auth_methods: vec![AuthMethod::ClientSecretBasic],
        secrets: Vec::new(),
        redirect_uris: vec![values.other.to_owned()],
        scope: "users:read".parse().unwrap(),
        domains: vec![values.other.to_owned()],
        owner_id: None,
        review: ReviewStatus::OnHold,
        review_reason: some(),
        disabled: true,
        homepage_url: some(),
        policy_url: some(),
        about: About {
            description: some(),
            use_case: some(),
            logo_url: some(),
            logo: None,
        },
        submitted_at: Some(0),
        created_at: 0,
    }
}

fn boxes(page: &PageContext) -> Vec<PermissionBox> {
    let catalogue = Catalogue::new(&BTreeMap::new()).unwrap();
    let texts = PermissionTexts::new(std::sync::Arc::new(catalogue.clone()));
    permission_boxes(page, &texts, &catalogue, false, &"conferences".parse().unwrap())
}

fn wrong_fields(values: &Values<'_>) -> ApplicationFields {
    let fields = ApplicationFields::of(
        &application(values),
        Some(values.user),
        &Catalogue::new(&BTreeMap::new()).unwrap(),
    );
    ApplicationFields {
        problems: vec![
            Problem::Name.of("name"),
            Problem::Repeated.of_value("redirect_uris", 1),
            Problem::TooMany { most: 10 }.of("redirect_uris"),
            Problem::ScopeUnknown {
                scope: values.scope.to_owned(),
            }
            .of("scope"),
            Problem::UnknownUser.of("owner_id"),
            Problem::Range { least: 1, most: 9 }.of("expires_at"),
        ],
        ..fields
    }
}

fn application_page(page: PageContext, values: &Values<'_>, notice: ApplicationNotice) -> ApplicationPage {
    let mut policy = PolicyFields::of(&Profile::Trueconf.policy());
    policy.problems = vec![Problem::Range { least: 1, most: 9 }.of("policy.access_seconds")];
    ApplicationPage {
        permissions: boxes(&page),
        page,
        tabs: AdminTabs::of(&admin(), AdminTab::Applications),
        csrf: values.other.to_owned(),
        may_change: true,
        notice: Some(notice),
        application: application(values),
        version: 2,
        has_proposal: true,
        created: AT.to_owned(),
        fields: wrong_fields(values),
        policy,
        secrets: vec![SecretLine {
            id: Uuid::nil().to_string(),
            label: Some(values.other.to_owned()),
            created: AT.to_owned(),
            last_used: None,
            ends: Some(AT.to_owned()),
            is_over: true,
        }],
        tokens: vec![TokenLine {
            id: values.other.to_owned(),
            user: Some(values.user.to_owned()),
            scope: values.scope.to_owned(),
            issued: AT.to_owned(),
            last_used: AT.to_owned(),
            ends: AT.to_owned(),
        }],
        tokens_after: Some("20.token:x".to_owned()),
        older_tokens: Some("10.token:y".to_owned()),
        audit: vec![ApplicationEvent {
            at: AT.to_owned(),
            kind: "admin_command".to_owned(),
            detail: values.other.to_owned(),
        }],
    }
}

fn review_page(page: PageContext, values: &Values<'_>, notice: Option<ReviewNotice>) -> ReviewPage {
    let lines = || vec![values.other.to_owned()];
    ReviewPage {
        page,
        tabs: AdminTabs::of(&admin(), AdminTab::Review),
        csrf: values.other.to_owned(),
        application: application(values),
        version: 2,
        owner: Some(values.user.to_owned()),
        submitted: Some(AT.to_owned()),
        overdue: true,
        status: ReviewStatus::Pending,
        status_reason: Some(values.other.to_owned()),
        proposal: notice.is_none().then(|| {
            vec![ProposedChange {
                field: "redirect_uris",
                before: lines(),
                after: lines(),
            }]
        }),
        permissions: vec![AskedPermission {
            scope: values.scope.to_owned(),
            label: values.other.to_owned(),
        }],
        examination: Some(Examination {
            submitted_at: 0,
            completed_at: None,
            findings: [
                FindingKind::Malformed,
                FindingKind::LookAlike,
                FindingKind::Punycode,
            ]
            .map(|kind| Finding::new(FindingField::Homepage, values.other, kind, values.other))
            .to_vec(),
            logo: None,
        }),
        timeline: vec![TimelineLine {
            at: AT.to_owned(),
            what: "submitted".to_owned(),
            reason: Some(values.other.to_owned()),
            who: Some(values.user.to_owned()),
        }],
        may_decide: true,
        is_own: false,
        reason: values.other.to_owned(),
        notice,
    }
}

pub(super) fn add_samples(
    add: &mut dyn FnMut(&str, &dyn askama::DynTemplate),
    user: &dyn Fn() -> PageContext,
    values: &Values<'_>,
) {
    let tabs = |tab| AdminTabs::of(&admin(), tab);
    let counts = Overview {
        applications: 1234,
        disabled: 3,
        waiting: 7,
        overdue: 2,
    };
    add(
        "admin",
        &AdminOverviewPage {
            page: user(),
            tabs: tabs(None),
            counts,
            reviews: true,
        },
    );
    let line = ApplicationLine {
        id: values.other.to_owned(),
        name: values.client.to_owned(),
        profile: Profile::Keyed,
        created: AT.to_owned(),
        review: ReviewStatus::Rejected,
        disabled: true,
    };
    for (name, lines) in [
        ("admin-applications", vec![line]),
        ("admin-applications-empty", Vec::new()),
    ] {
        add(
            name,
            &ApplicationsPage {
                page: user(),
                tabs: tabs(Some(AdminTab::Applications)),
                may_change: true,
                search: values.client.to_owned(),
                filter: Some(ApplicationFilter::Disabled),
                next: Some("/admin/applications?after=1.x".to_owned()),
                is_later: true,
                lines,
            },
        );
    }
    let page = user();
    add(
        "admin-application-new",
        &NewApplicationPage {
            permissions: boxes(&page),
            page,
            tabs: tabs(Some(AdminTab::Applications)),
            csrf: values.other.to_owned(),
            fields: wrong_fields(values),
        },
    );
    add(
        "admin-application-secret",
        &ApplicationSecretPage {
            page: user(),
            tabs: tabs(Some(AdminTab::Applications)),
            name: values.client.to_owned(),
            id: values.other.to_owned(),
            secret: Some(values.other.to_owned()),
            is_new: true,
        },
    );
    for (name, notice) in [
        ("admin-application", ApplicationNotice::Saved),
        (
            "admin-application-conflict",
            ApplicationNotice::Conflict(Conflict::Changed),
        ),
    ] {
        add(name, &application_page(user(), values, notice));
    }
    add_review(add, user, values);
}

fn add_review(
    add: &mut dyn FnMut(&str, &dyn askama::DynTemplate),
    user: &dyn Fn() -> PageContext,
    values: &Values<'_>,
) {
    let line = QueueLine {
        id: values.other.to_owned(),
        name: values.client.to_owned(),
        owner: Some(values.user.to_owned()),
        submitted: AT.to_owned(),
        hours: 50,
        overdue: true,
        is_proposal: true,
    };
    for (name, lines) in [("admin-review", vec![line]), ("admin-review-empty", Vec::new())] {
        add(
            name,
            &ReviewQueuePage {
                page: user(),
                tabs: AdminTabs::of(&admin(), AdminTab::Review),
                on_hold: lines.is_empty(),
                decided: Some(ReviewStatus::Approved),
                waiting: 2,
                overdue: 1,
                next: Some("/admin/review?after=1.x".to_owned()),
                is_later: true,
                lines,
            },
        );
    }
    add("admin-review-change", &review_page(user(), values, None));
    let notices = [
        ("admin-review-conflict", ReviewNotice::Conflict(Conflict::Changed)),
        (
            "admin-review-reason",
            ReviewNotice::Problem(Problem::Required.of("reason")),
        ),
    ];
    for (name, notice) in notices {
        add(name, &review_page(user(), values, Some(notice)));
    }
    let own = ReviewPage {
        is_own: true,
        ..review_page(user(), values, None)
    };
    add("admin-review-own", &own);
}
