//! A browser in front of the pages: it keeps cookies, sends forms, and goes through the sign-in.

use std::cell::RefCell;
use std::collections::BTreeMap;

use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Method, RequestBuilder};
use resource_server::config::{Config, Secret};
use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::app::{App, Reply};
use super::issuer::{REDIRECT_URI, WEBAPP_ID, WEBAPP_SECRET};
use super::token::Person;

pub const SESSION: &str = "__Host-anteroom_rooms_session";
pub const ATTEMPT: &str = "__Host-anteroom_rooms_sign_in";

/// The setting that gives the pages their sign-in.
pub fn with_sign_in(config: &mut Config) {
    WEBAPP_ID.clone_into(&mut config.webapp.client_id);
    config.webapp.client_secret = Secret::from(WEBAPP_SECRET);
}

pub struct Browser<'a> {
    pub app: &'a App,
    pub cookies: RefCell<BTreeMap<String, String>>,
}

impl<'a> Browser<'a> {
    pub fn new(app: &'a App) -> Self {
        Self {
            app,
            cookies: RefCell::default(),
        }
    }

    /// Somebody who is signed in.
    pub async fn of(app: &'a App, person: &Person) -> Self {
        let browser = Self::new(app);
        let reply = browser.sign_in(person).await;
        assert_eq!(reply.status, 303, "{reply:?}");
        browser
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.app.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.send(self.app.request(Method::POST, path).form(fields)).await
    }

    /// Sends the form at `path` as the page of the room has it.
    pub async fn submit(&self, slug: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
        let token = self.form_token(slug).await;
        let fields = [fields, &[("csrf", token.as_str())]].concat();
        self.post(path, &fields).await
    }

    /// The token of the forms on a room's page.
    pub async fn form_token(&self, slug: &str) -> String {
        let page = Page::of(&self.get(&format!("/{slug}")).await);
        page.attribute("input[name=csrf]", "value")
    }

    pub async fn send(&self, request: RequestBuilder) -> Reply {
        let cookies: Vec<_> = self
            .cookies
            .borrow()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let reply = Reply::of(request.header(COOKIE, cookies.join("; "))).await;
        for line in reply.headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (pair, attributes) = line.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.borrow_mut().remove(name);
            } else {
                self.cookies
                    .borrow_mut()
                    .insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.borrow().get(name).cloned()
    }

    /// Follows the link to the authorization server: its request, as parameters.
    pub async fn leave(&self, slug: &str) -> BTreeMap<String, String> {
        let reply = self.get(&format!("/webapp/sign-in?room={slug}")).await;
        assert_eq!(reply.status, 303, "{reply:?}");
        let url: Url = reply.header("location").parse().unwrap();
        assert_eq!(
            url.as_str().split('?').next().unwrap(),
            format!("{}/oauth2/authorize", self.app.issuer.url)
        );
        url.query_pairs().into_owned().collect()
    }

    /// Comes back with an answer.
    pub async fn come_back(&self, answer: &[(&str, &str)]) -> Reply {
        self.send(self.app.request(Method::GET, "/webapp/callback").query(answer))
            .await
    }

    /// The token that the authorization server gives the pages for a person.
    pub fn token(&self, person: &Person, scope: &str) -> String {
        let person = person.again(self.app, |claims| {
            claims["client_id"] = WEBAPP_ID.into();
            claims["scope"] = scope.into();
            let now = self.app.now_millis() / 1000;
            claims["iat"] = now.into();
            claims["exp"] = (now + 3600).into();
        });
        person.token
    }

    /// The whole way, with a token of one's own choice.
    pub async fn sign_in_with(&self, token: &str) -> Reply {
        let asked = self.leave("aaa-bbbb-ccc").await;
        let code = format!("code-{}", rand::random::<u64>());
        self.app
            .issuer
            .issue_code(&code, &asked["code_challenge"], REDIRECT_URI, token);
        let iss = self.app.issuer.url.clone();
        self.come_back(&[("code", &code), ("state", &asked["state"]), ("iss", &iss)])
            .await
    }

    /// The whole way.
    pub async fn sign_in(&self, person: &Person) -> Reply {
        let token = self.token(person, super::token::ALL);
        self.sign_in_with(&token).await
    }
}

/// A page, read as a reader does.
pub struct Page(pub Html);

impl Page {
    pub fn of(reply: &Reply) -> Self {
        assert_eq!(
            reply.header("content-type"),
            "text/html; charset=utf-8",
            "{reply:?}"
        );
        Self(Html::parse_document(reply.body.as_str().unwrap()))
    }

    pub fn all(&self, selector: &str) -> Vec<ElementRef<'_>> {
        self.0.select(&Selector::parse(selector).unwrap()).collect()
    }

    /// The text of everything that matches, one piece each.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let text = |element: ElementRef<'_>| element.text().collect::<String>().trim().to_owned();
        self.all(selector).into_iter().map(text).collect()
    }

    pub fn has(&self, selector: &str) -> bool {
        !self.all(selector).is_empty()
    }

    pub fn attribute(&self, selector: &str, name: &str) -> String {
        let found = self.all(selector);
        let element = found.first().unwrap_or_else(|| panic!("no {selector}"));
        element.attr(name).unwrap().to_owned()
    }
}
