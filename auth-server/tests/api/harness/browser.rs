//! A browser: keeps cookies, follows redirects within the server only, reads and submits forms.

use std::sync::Arc;

use reqwest::cookie::{CookieStore, Jar};
use reqwest::header::{HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use scraper::{Html, Selector};

/// A browser.
#[derive(Clone, Debug)]
pub struct Browser {
    pub url: String,
    pub jar: Arc<Jar>,
    client: reqwest::Client,
}

/// A page, or a redirect that leads away.
#[derive(Debug)]
pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

/// A redirect to an application.
#[derive(Clone, Debug)]
pub struct Callback(pub String);

/// A form of a page with its fields, as a browser would send it.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl Browser {
    pub fn new(url: &str) -> Self {
        let jar = Arc::new(Jar::default());
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .cookie_provider(Arc::clone(&jar))
            .build()
            .expect("a client");
        Self {
            url: url.to_owned(),
            jar,
            client,
        }
    }

    /// A request with this browser's cookies, for tests that add a header or choose the method.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.absolute(path))
    }

    /// Sends a request without following redirects.
    pub async fn send(&self, request: RequestBuilder) -> Page {
        Page::read(request.send().await.expect("an answer")).await
    }

    /// Opens an address without following redirects.
    pub async fn get_once(&self, path: &str) -> Page {
        self.send(self.request(Method::GET, path)).await
    }

    /// The value of a cookie it would send to the server.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let header = self.jar.cookies(&self.origin())?;
        let text = header.to_str().expect("cookies are text").to_owned();
        text.split("; ")
            .filter_map(|pair| pair.split_once('='))
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.to_owned())
    }

    /// Gives it a cookie that the server did not set.
    pub fn plant_cookie(&self, name: &str, value: &str) {
        self.jar
            .add_cookie_str(&format!("{name}={value}; Path=/"), &self.origin());
    }

    fn origin(&self) -> url::Url {
        self.url.parse().expect("the server's address")
    }

    /// Opens an address and follows redirects as long as they stay on this server.
    pub async fn get(&self, path: &str) -> Page {
        self.follow(self.get_once(path).await).await
    }

    /// Sends a form and follows redirects on this server.
    pub async fn submit(&self, form: &Form) -> Page {
        self.follow(self.submit_once(form).await).await
    }

    /// Sends a form without following redirects.
    pub async fn submit_once(&self, form: &Form) -> Page {
        self.send(self.request(Method::POST, &form.action).form(&form.fields))
            .await
    }

    /// H2: a form that another site sends is refused, whatever it holds.
    pub async fn assert_refused_from_elsewhere(&self, form: &Form) {
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
        ] {
            let request = self.request(Method::POST, &form.action).header(name, value);
            let page = self.send(request.form(&form.fields)).await;
            assert_eq!(page.status, 403, "{} {name}", form.action);
        }
    }

    /// Posts `fields` to the page at `path` as one of its forms does: with the page's own token.
    pub async fn act(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.get(path).await;
        let form = page.form(path);
        let token = ("csrf", form.value("csrf").expect("a token"));
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain([token]).collect();
        self.send(self.request(Method::POST, path).form(&fields)).await
    }

    async fn follow(&self, mut page: Page) -> Page {
        for _ in 0..10 {
            match page.location() {
                Some(location) if location.starts_with('/') => page = self.get_once(&location).await,
                _ => return page,
            }
        }
        panic!("redirects without end");
    }

    fn absolute(&self, path: &str) -> String {
        if path.starts_with('/') {
            format!("{}{path}", self.url)
        } else {
            path.to_owned()
        }
    }

    pub async fn sign_in(&self, email: &str, password: &str) {
        let page = self.get("/login").await;
        let done = self.submit(&page.sign_in_form(email, password)).await;
        assert_eq!(done.status, 200, "{}", done.body);
    }

    /// Opens an authorization request, allows everything where asked, and returns the redirect.
    pub async fn approve(&self, request: &str) -> Callback {
        let page = self.get(request).await;
        if page.location().is_some() {
            return page.callback();
        }
        assert_eq!(page.status, 200, "{}", page.body);
        self.submit(&page.consent_form("allow")).await.callback()
    }
}

impl Page {
    async fn read(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        Self {
            status,
            headers,
            body: response.text().await.expect("a body"),
        }
    }

    pub fn location(&self) -> Option<String> {
        Some(self.headers.get(LOCATION)?.to_str().expect("text").to_owned())
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The cookies it sets, attributes and all.
    pub fn set_cookies(&self) -> Vec<String> {
        self.headers
            .get_all(SET_COOKIE)
            .iter()
            .map(|value| value.to_str().expect("text").to_owned())
            .collect()
    }

    /// One attribute of every element that a selector finds.
    pub fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let selector = Selector::parse(selector).expect("a selector");
        Html::parse_document(&self.body)
            .select(&selector)
            .filter_map(|element| element.attr(name).map(str::to_owned))
            .collect()
    }

    /// The text of every element that a selector finds.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let selector = Selector::parse(selector).expect("a selector");
        Html::parse_document(&self.body)
            .select(&selector)
            .map(|element| element.text().collect::<String>().trim().to_owned())
            .collect()
    }

    /// The redirect that leads away from the server.
    pub fn callback(&self) -> Callback {
        assert_eq!(self.status, 303, "{}", self.body);
        Callback(self.location().expect("a redirect"))
    }

    /// The form that posts to `action`, as a browser would send it untouched.
    pub fn form(&self, action: &str) -> Form {
        self.selected_form(action, &format!("form[action='{action}']"))
    }

    /// The form that posts to `action` and has this field.
    pub fn form_with(&self, action: &str, field: &str) -> Form {
        let selector = format!("form[action='{action}']:has(input[name='{field}'])");
        self.selected_form(action, &selector)
    }

    fn selected_form(&self, action: &str, selector: &str) -> Form {
        let html = Html::parse_document(&self.body);
        let forms = Selector::parse(selector).expect("a selector");
        let inputs = Selector::parse("input").expect("a selector");
        let form = html
            .select(&forms)
            .next()
            .unwrap_or_else(|| panic!("no {selector} in {}", self.body));
        let fields = form
            .select(&inputs)
            .filter(|input| input.attr("disabled").is_none())
            .filter(|input| input.attr("type") != Some("checkbox") || input.attr("checked").is_some())
            .filter_map(|input| {
                Some((
                    input.attr("name")?.to_owned(),
                    input.attr("value").unwrap_or_default().to_owned(),
                ))
            })
            .collect();
        Form {
            action: action.to_owned(),
            fields,
        }
    }

    pub fn sign_in_form(&self, email: &str, password: &str) -> Form {
        self.form("/login")
            .with("email", email)
            .with("password", password)
    }

    /// The consent form, everything ticked.
    pub fn consent_form(&self, decision: &str) -> Form {
        self.form("/consent").with("decision", decision)
    }

    /// The error id that the page and its header show.
    pub fn error_id(&self) -> String {
        let id = self.header("x-error-id").to_owned();
        assert!(!id.is_empty(), "no X-Error-Id");
        id
    }
}

impl Form {
    /// The same with a field set.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with one value of a repeated field left out: a box unticked.
    pub fn without(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, held)| known != name || held != value);
        self
    }

    /// The same with one more value of a field that may be repeated.
    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same without a field.
    pub fn lacking(mut self, name: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

impl Callback {
    pub fn get(&self, name: &str) -> Option<String> {
        super::query(&self.0, name)
    }

    pub fn code(&self) -> String {
        self.get("code")
            .unwrap_or_else(|| panic!("no code in {}", self.0))
    }

    pub fn error(&self) -> String {
        self.get("error")
            .unwrap_or_else(|| panic!("no error in {}", self.0))
    }
}
