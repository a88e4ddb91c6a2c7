//! Every page, in every language, with friendly and with hostile values.

#![expect(clippy::unwrap_used, reason = "tests")]

mod account;
mod administering;
mod developer;
mod gallery;
mod people;
mod rules;
mod second_factor;
mod sending;

use std::collections::BTreeMap;
use std::sync::Arc;

use token_format::catalogue::Catalogue;

use super::*;

/// One rendered page and what it is called.
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) html: String,
}

/// What the pages are filled with.
pub(super) struct Values<'a> {
    pub(super) client: &'a str,
    pub(super) user: &'a str,
    pub(super) scope: &'a str,
    pub(super) other: &'a str,
}

/// A set of values nobody would object to.
pub(super) const FRIENDLY: Values<'static> = Values {
    client: "Atelier Calendar",
    user: "camille.durand@example.org",
    scope: "lasuite_visio:rooms:delete",
    other: "calendar.atelier.example",
};

/// Every page in every state that looks different.
pub(super) fn samples(language: Language, values: &Values<'_>) -> Vec<Sample> {
    let mut samples = Vec::new();
    let mut add = |name: &str, page: &dyn askama::DynTemplate| {
        let name = format!("{name}.{language}");
        samples.push(Sample {
            name,
            html: page.dyn_render().unwrap(),
        });
    };
    let visitor = || PageContext::new(language, "/login?return_to=%2F");
    let user = || visitor().with_user(values.user);

    for (name, client, hint, notice) in sign_in_states(values) {
        let page = SignInPage {
            page: visitor(),
            csrf: values.other.to_owned(),
            return_to: values.other.to_owned(),
            login_hint: hint.map(str::to_owned),
            client_name: client.map(str::to_owned),
            may_reset: true,
            passkey: Some(PasskeyForm::new("{}", values.other)),
            notice,
        };
        add(name, &page);
    }
    second_factor::add_samples(&mut add, &visitor, values);
    administering::add_samples(&mut add, &user, values);
    add("consent", &consent(user(), values));
    add("consent-unreviewed", &unreviewed_consent(user(), values));
    add(
        "consent-again",
        &ConsentPage {
            requested: Vec::new(),
            ..consent(user(), values)
        },
    );
    for (name, reason) in error_reasons() {
        let page = ErrorPage {
            page: if reason == ErrorReason::Forbidden {
                user()
            } else {
                visitor()
            },
            reason,
            error_id: "01J9-4KQ7-ZX2M".to_owned(),
            detail: matches!(reason.fault(), Fault::Application).then(|| values.other.to_owned()),
            back: None,
        };
        add(&format!("error-{name}"), &page);
    }
    let back = PageLink {
        href: "https://calendar.atelier.example/".to_owned(),
        label: values.client.to_owned(),
    };
    add(
        "signed-out",
        &SignedOutPage {
            page: visitor(),
            back: None,
        },
    );
    add(
        "signed-out-app",
        &SignedOutPage {
            page: visitor(),
            back: Some(back),
        },
    );
    let confirm = SignOutConfirmPage {
        page: user(),
        csrf: values.other.to_owned(),
        client_name: Some(values.client.to_owned()),
        fields: vec![HiddenField::new("state", values.other)],
    };
    add("sign-out", &confirm);
    let issuer = "https://sign-in.example.org".to_owned();
    add(
        "home",
        &HomePage {
            page: visitor(),
            csrf: values.other.to_owned(),
            developer: false,
            issuer: issuer.clone(),
        },
    );
    add(
        "home-user",
        &HomePage {
            page: user(),
            csrf: values.other.to_owned(),
            developer: true,
            issuer,
        },
    );
    sending::add_links(&mut add, &visitor, values);
    developer::add_all(&mut add, &user, values);
    sending::add_all(&mut add, &user, values);
    account::add_all(&mut add, &user, values);
    people::add_all(&mut add, &user, values);
    add("form-post", &form_post(user(), values));
    add("style", &StylePage { page: user() });
    samples
}

fn form_post(page: PageContext, values: &Values<'_>) -> FormPostPage {
    FormPostPage {
        page,
        redirect_uri: "https://calendar.atelier.example/callback".to_owned(),
        client_name: values.client.to_owned(),
        fields: vec![
            HiddenField::new("code", values.other),
            HiddenField::new("state", values.other),
        ],
    }
}

type SignInState<'a> = (
    &'static str,
    Option<&'a str>,
    Option<&'a str>,
    Option<SignInNotice>,
);

fn sign_in_states<'a>(values: &Values<'a>) -> [SignInState<'a>; 5] {
    let (client, user) = (Some(values.client), Some(values.user));
    [
        ("sign-in", None, None, None),
        ("sign-in-app", client, user, None),
        (
            "sign-in-wrong",
            client,
            user,
            Some(SignInNotice::WrongCredentials),
        ),
        (
            "sign-in-wait",
            client,
            user,
            Some(SignInNotice::TooManyAttempts { wait_seconds: 60 }),
        ),
        ("sign-in-again", client, user, Some(SignInNotice::ConfirmItIsYou)),
    ]
}

fn consent(page: PageContext, values: &Values<'_>) -> ConsentPage {
    let permission = |scope: &str, mandatory| RequestedPermission {
        scope: scope.to_owned(),
        mandatory,
    };
    ConsentPage {
        page,
        csrf: values.other.to_owned(),
        request: values.other.to_owned(),
        client: ConsentClient {
            name: values.client.to_owned(),
            logo: None,
            vetting: Vetting::Reviewed,
            homepage: Some("https://calendar.atelier.example/".to_owned()),
            policy: Some("https://calendar.atelier.example/privacy".to_owned()),
            registered_by: Some(values.user.to_owned()),
        },
        user: values.user.to_owned(),
        switch_account_csrf: values.other.to_owned(),
        switch_account_return_to: values.other.to_owned(),
        redirect_host: values.other.to_owned(),
        permissions: PermissionTexts::new(Arc::new(Catalogue::new(&BTreeMap::new()).unwrap())),
        requested: vec![
            permission("lasuite_visio", true),
            permission("lasuite_visio:rooms:list", false),
            permission("lasuite_visio:rooms:create", false),
            permission(values.scope, false),
        ],
        granted: vec!["openid".to_owned(), "email".to_owned()],
        duration: AccessDuration::Renewed(2_592_000),
    }
}

fn unreviewed_consent(page: PageContext, values: &Values<'_>) -> ConsentPage {
    let friendly = consent(page, values);
    ConsentPage {
        client: ConsentClient {
            vetting: Vetting::None,
            logo: Some("/assets/anteroom.svg".to_owned()),
            homepage: None,
            policy: None,
            ..friendly.client
        },
        granted: Vec::new(),
        duration: AccessDuration::Fixed(3_600),
        ..friendly
    }
}

fn error_reasons() -> [(&'static str, ErrorReason); 15] {
    [
        ("unknown-client", ErrorReason::UnknownClient),
        ("redirect-uri", ErrorReason::RedirectUri),
        ("invalid-request", ErrorReason::InvalidRequest),
        ("client-disabled", ErrorReason::ClientDisabled),
        ("client-not-approved", ErrorReason::ClientNotApproved),
        ("form-expired", ErrorReason::FormExpired),
        ("forbidden", ErrorReason::Forbidden),
        ("not-found", ErrorReason::NotFound),
        ("method-not-allowed", ErrorReason::MethodNotAllowed),
        ("bad-input", ErrorReason::BadInput),
        ("too-large", ErrorReason::TooLarge),
        ("unsupported-media-type", ErrorReason::UnsupportedMediaType),
        (
            "too-many-requests",
            ErrorReason::TooManyRequests {
                retry_after_seconds: 30,
            },
        ),
        ("unavailable", ErrorReason::Unavailable),
        ("internal", ErrorReason::Internal),
    ]
}
