//! A browser in front of the router: keeps cookies, follows redirects, sends forms as they stand on the page.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use tower::ServiceExt;

use super::{app::Ticking, form::Form, page::Page};

const HOST: &str = "127.0.0.1:8080";

/// One person's browser.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    clock: Arc<Ticking>,
    cookies: BTreeMap<String, String>,
    headers: Vec<(String, String)>,
    host: String,
    /// What it shows now.
    pub page: Page,
}

impl Browser {
    pub(super) fn new(router: Router, clock: Arc<Ticking>) -> Self {
        let (cookies, headers) = (BTreeMap::new(), Vec::new());
        Self { router, clock, cookies, headers, host: HOST.to_owned(), page: Page::default() }
    }

    pub(super) fn in_front_of(&self, router: Router, clock: Arc<Ticking>) -> Self {
        Self { router, clock, ..self.clone() }
    }

    /// Sends this header with every request from now on.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.set_header(name, value);
        self
    }

    pub fn set_header(&mut self, name: &str, value: &str) {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    pub fn without_header(&mut self, name: &str) {
        self.headers.retain(|(known, _)| known != name);
    }

    pub fn with_host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    /// The session cookie's value.
    pub fn cookie(&self) -> Option<String> {
        self.cookies.values().next().cloned()
    }

    /// Puts a cookie of one's own choice in place of the session's.
    pub fn set_cookie(&mut self, value: &str) {
        self.cookies = BTreeMap::from([("rollcall".to_owned(), value.to_owned())]);
    }

    /// Opens an address and follows redirects.
    pub async fn get(&mut self, path: &str) -> &Page {
        self.fetch(path).await;
        self.follow().await
    }

    /// Opens an address and stays there.
    pub async fn fetch(&mut self, path: &str) -> &Page {
        self.send(Method::GET, path, None, Vec::new()).await
    }

    /// Follows redirects as far as they lead.
    pub async fn follow(&mut self) -> &Page {
        for _ in 0..10 {
            let Some(target) = self.page.location() else { return &self.page };
            self.fetch(&target).await;
        }
        panic!("redirects without end, at {}", self.page.path);
    }

    /// The form with this button on the page shown now.
    pub fn form(&self, button: &str) -> Form {
        Form::on(&self.page, button)
    }

    /// Sends a form; the answer is shown, redirects are not followed.
    pub async fn send_form(&mut self, form: &Form) -> &Page {
        let (path, fields) = (form.action.clone(), form.fields().to_vec());
        if form.is_get {
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
            return self.fetch(&format!("{path}?{query}")).await;
        }
        self.post(&path, &fields).await
    }

    /// Presses a button as the page stands, and follows where it leads.
    pub async fn press(&mut self, button: &str) -> &Page {
        let form = self.form(button);
        self.submit(form).await
    }

    /// Sends a form and follows where it leads.
    pub async fn submit(&mut self, form: Form) -> &Page {
        self.send_form(&form).await;
        self.follow().await
    }

    /// Sends exactly these fields.
    pub async fn post(&mut self, path: &str, fields: &[(String, String)]) -> &Page {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(Method::POST, path, Some("application/x-www-form-urlencoded"), body.into_bytes()).await
    }

    /// Sends these fields with the token of the page shown now: a hand-made request of somebody signed in.
    pub async fn forge(&mut self, path: &str, fields: &[(&str, &str)]) -> &Page {
        let mut all = vec![("csrf".to_owned(), self.page.csrf())];
        all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.post(path, &all).await
    }

    /// Any request.
    pub async fn send(&mut self, method: Method, path: &str, kind: Option<&str>, body: Vec<u8>) -> &Page {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, &self.host);
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, pairs.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let mut request = request.body(Body::from(body)).expect("request");
        let peer = SocketAddr::from((Ipv4Addr::new(198, 51, 100, 7), 40000));
        request.extensions_mut().insert(ConnectInfo(peer));
        self.clock.advance(Duration::from_millis(1));
        let response = self.router.clone().oneshot(request).await.expect("the router never fails");
        let (parts, body) = response.into_parts();
        self.keep_cookies(&parts.headers);
        let bytes = to_bytes(body, usize::MAX).await.expect("body");
        self.page = Page::new(path, parts.status, parts.headers, &bytes);
        let is_fault = parts.status == StatusCode::INTERNAL_SERVER_ERROR;
        assert!(!is_fault, "{path}: {}", self.page.text());
        &self.page
    }

    fn keep_cookies(&mut self, headers: &HeaderMap) {
        for cookie in headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().expect("text");
            let (name, rest) = cookie.split_once('=').expect("a cookie");
            let value = rest.split(';').next().unwrap_or_default();
            let goes = rest.to_lowercase().contains("max-age=0") || value.is_empty();
            is_the_session_cookie(name, rest, goes);
            if goes {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        if headers.contains_key("clear-site-data") {
            self.cookies.clear();
        }
    }
}

/// Of all cookies there is one (S28), and no answer to any test sets another.
fn is_the_session_cookie(name: &str, rest: &str, goes: bool) {
    let attributes: Vec<String> = rest.split(';').skip(1).map(|attribute| attribute.trim().to_lowercase()).collect();
    let has = |attribute: &str| attributes.iter().any(|one| one == attribute);
    assert!(["rollcall", "__Host-rollcall"].contains(&name), "{name}");
    assert!(has("path=/"), "{name}; {rest}");
    assert!(goes || has("secure") == name.starts_with("__Host-"), "{name}; {rest}");
    assert!(goes || (has("httponly") && has("samesite=lax")), "{name}; {rest}");
    let lasting = ["max-age", "expires", "domain"];
    let lasts = attributes.iter().any(|one| lasting.iter().any(|name| one.starts_with(name)));
    assert!(goes || !lasts, "{name}; {rest}");
}
