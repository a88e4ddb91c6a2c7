//! The pages of developers.

use token_format::scope::ScopeSet;
use uuid::Uuid;

use super::Values;
use crate::domain::application::{About, Application, AuthMethod, ReviewStatus};
use crate::domain::finding::{Examination, Finding, FindingField, FindingKind};
use crate::domain::policy::Profile;
use crate::flows::registry::{Conflict, FieldProblem, Problem};
use crate::pages::{
    AppFields, AppFormNotice, AppFormPage, AppLine, ChangeLine, DeveloperAppPage, DeveloperAppsPage,
    DeveloperNotice, ErrorLine, Mistake, Moment, NewSecretPage, OwnSecret, PageContext, PermissionChoice,
    Security, StepLine, TokenCounts, WaitingChange, WaitingPage,
};
use crate::protocol::redirect::UrlProblem;

const STATES: [ReviewStatus; 5] = [
    ReviewStatus::Draft,
    ReviewStatus::Pending,
    ReviewStatus::OnHold,
    ReviewStatus::Rejected,
    ReviewStatus::Approved,
];

fn moment() -> Moment {
    Moment(1_795_435_200)
}

fn application(values: &Values<'_>, review: ReviewStatus) -> Application {
    let address = |page: &str| Some(format!("https://{}/{page}", values.other));
    Application {
        client_id: Uuid::nil().to_string(),
        name: values.client.to_owned(),
        profile: Profile::Jiomeet,
        policy: Profile::Jiomeet.policy(),
        auth_methods: vec![AuthMethod::ClientSecretBasic],
        secrets: Vec::new(),
        redirect_uris: vec![values.other.to_owned()],
        scope: ScopeSet::default(),
        domains: Vec::new(),
        owner_id: None,
        review,
        review_reason: Some(values.other.to_owned()),
        submitted_at: Some(0),
        disabled: review == ReviewStatus::Rejected,
        homepage_url: address("home"),
        policy_url: address("policy"),
        about: About {
            description: Some(values.other.to_owned()),
            use_case: Some("chat".to_owned()),
            logo_url: address("logo"),
            logo: None,
        },
        created_at: 0,
    }
}

fn app(values: &Values<'_>, page: PageContext, review: ReviewStatus) -> DeveloperAppPage {
    let approved = review == ReviewStatus::Approved;
    let secret = |label: Option<&str>, ended: bool| OwnSecret {
        id: Uuid::nil(),
        label: label.map(str::to_owned),
        created: moment(),
        expires: ended.then(moment),
        ended,
        last_used: ended.then(moment),
    };
    let finding = |kind| Finding::new(FindingField::Homepage, values.other, kind, "");
    let found = FindingKind::ALL.iter().map(|kind| finding(*kind));
    DeveloperAppPage {
        page,
        app: application(values, review),
        permissions: vec![(values.other.to_owned(), values.scope.to_owned())],
        submit_csrf: values.other.to_owned(),
        waiting: (review == ReviewStatus::Pending).then(|| (moment(), 200_000)),
        examination: Some(Examination {
            submitted_at: 0,
            completed_at: approved.then_some(1),
            findings: if approved { Vec::new() } else { found.collect() },
            logo: None,
        }),
        steps: vec![StepLine {
            at: moment(),
            what: "created".to_owned(),
            reason: Some(values.other.to_owned()),
        }],
        change: None,
        security: approved.then(|| Security {
            csrf: values.other.to_owned(),
            secrets: Some(vec![secret(Some(values.other), false), secret(None, true)]),
        }),
        tokens: approved.then(|| TokenCounts {
            authorizations: "12".to_owned(),
            people: 3,
        }),
        errors: vec![ErrorLine {
            id: Uuid::nil().to_string(),
            at: moment(),
            request: "400 POST /oauth2/token".to_owned(),
            mistake: Mistake::InvalidGrant,
        }],
        notice: None,
    }
}

pub(super) fn add_all(
    add: &mut dyn FnMut(&str, &dyn askama::DynTemplate),
    user: &dyn Fn() -> PageContext,
    values: &Values<'_>,
) {
    let line = |status: &ReviewStatus| AppLine {
        client_id: Uuid::nil().to_string(),
        name: values.client.to_owned(),
        status: *status,
        disabled: *status == ReviewStatus::Rejected,
        registered: moment(),
    };
    for (name, apps) in [
        ("developer", STATES.iter().map(line).collect()),
        ("developer-none", Vec::new()),
    ] {
        let page = DeveloperAppsPage {
            page: user(),
            is_later: !apps.is_empty(),
            older: (!apps.is_empty()).then(|| "/developer?after=1.x".to_owned()),
            apps,
        };
        add(name, &page);
    }
    for status in STATES {
        add(
            &format!("developer-app-{}", status.as_str()),
            &app(values, user(), status),
        );
        let change = WaitingChange {
            status,
            reason: Some(values.other.to_owned()),
            waiting: Some((moment(), 60)),
            examination: Some(Examination {
                submitted_at: 0,
                completed_at: None,
                findings: vec![Finding::new(
                    FindingField::Policy,
                    values.other,
                    FindingKind::PageMissing,
                    values.other,
                )],
                logo: None,
            }),
            lines: vec![ChangeLine {
                field: "name",
                now: vec![values.client.to_owned()],
                wanted: vec![values.other.to_owned()],
            }],
            withdraw_csrf: values.other.to_owned(),
        };
        let page = DeveloperAppPage {
            change: Some(change),
            errors: Vec::new(),
            ..app(values, user(), ReviewStatus::Approved)
        };
        add(&format!("developer-change-{}", status.as_str()), &page);
    }
    for (name, notice) in [
        ("saved", DeveloperNotice::Saved),
        ("conflict", DeveloperNotice::Conflict(Conflict::TooManySecrets)),
    ] {
        let page = DeveloperAppPage {
            security: Some(Security {
                csrf: values.other.to_owned(),
                secrets: (name == "saved").then(Vec::new),
            }),
            notice: Some(notice),
            ..app(values, user(), ReviewStatus::Approved)
        };
        add(&format!("developer-app-{name}"), &page);
    }
    let secret = NewSecretPage {
        page: user(),
        client_id: Uuid::nil().to_string(),
        secret: values.other.to_owned(),
    };
    add("developer-secret", &secret);
    for (name, status) in [
        ("draft", ReviewStatus::Draft),
        ("pending", ReviewStatus::Pending),
        ("on-hold", ReviewStatus::OnHold),
    ] {
        let page = WaitingPage {
            page: user(),
            client_id: Uuid::nil().to_string(),
            name: values.client.to_owned(),
            status,
            request: "/oauth2/authorize?client_id=x".to_owned(),
            still: (name != "draft").then(|| "/oauth2/authorize?client_id=x&refresh=off".to_owned()),
        };
        add(&format!("developer-waiting-{name}"), &page);
    }
    forms(add, user, values);
}

fn forms(
    add: &mut dyn FnMut(&str, &dyn askama::DynTemplate),
    user: &dyn Fn() -> PageContext,
    values: &Values<'_>,
) {
    let problems: Vec<FieldProblem> = vec![
        Problem::Name.of("name"),
        Problem::WebAddress.of("homepage_url"),
        Problem::Required.of("use_case"),
        Problem::TooLong { most: 1000 }.of("description"),
        Problem::Required.of("scope"),
        Problem::TooMany { most: 10 }.of("redirect_uris"),
        Problem::Url(UrlProblem::PlainHttp).of_value("redirect_uris", 0),
    ];
    let choice = |scope: &str, ticked| PermissionChoice {
        scope: scope.to_owned(),
        label: values.other.to_owned(),
        description: values.other.to_owned(),
        ticked,
    };
    for (name, notice, edited) in [
        ("new", None, None),
        ("problems", Some(AppFormNotice::Problems), None),
        ("checked", Some(AppFormNotice::CheckedWithProblems), None),
        (
            "fine",
            Some(AppFormNotice::CheckedFine),
            Some(ReviewStatus::Draft),
        ),
        (
            "changed",
            Some(AppFormNotice::Changed),
            Some(ReviewStatus::Approved),
        ),
        ("pending", None, Some(ReviewStatus::Pending)),
    ] {
        let has_problems = matches!(
            notice,
            Some(AppFormNotice::Problems | AppFormNotice::CheckedWithProblems)
        );
        let page = AppFormPage {
            page: user(),
            csrf: values.other.to_owned(),
            check_csrf: values.other.to_owned(),
            action: "/developer/new".to_owned(),
            app: edited.map(|_| (Uuid::nil().to_string(), values.client.to_owned())),
            version: 3,
            approved: edited == Some(ReviewStatus::Approved),
            pending: edited == Some(ReviewStatus::Pending),
            fields: AppFields {
                name: values.client.to_owned(),
                homepage_url: values.other.to_owned(),
                description: values.other.to_owned(),
                redirect_uris: vec![values.other.to_owned(), String::new()],
                ..AppFields::default()
            },
            permissions: vec![choice(values.scope, true), choice("user:read", false)],
            more_permissions: vec![choice("email", edited.is_some())],
            notice,
            problems: if has_problems {
                problems.clone()
            } else {
                Vec::new()
            },
            added: notice.is_none(),
        };
        add(&format!("developer-form-{name}"), &page);
    }
}
