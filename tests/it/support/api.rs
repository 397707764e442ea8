//! A script in front of the APIs: a token, calls, answers. Every answer is held against the OpenAPI document: a status it
//! does not tell of, a property too many or too few fails the test.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Request},
};
use boon::{Compiler, SchemaIndex, Schemas};
use rollcall::{
    domain::{
        text::TokenName,
        time::days,
        tokens::{NewToken, Permission, read_network},
    },
    flows::tokens::{Outcome, create_from_command_line},
    web::api::openapi::document,
};
use serde_json::Value;
use tower::ServiceExt;

use super::TestApp;

/// Somebody with a token, or without.
#[derive(Clone)]
pub struct Api<'a> {
    app: &'a TestApp,
    router: Router,
    /// The token as it is presented.
    pub token: String,
    peer: IpAddr,
    headers: Vec<(String, String)>,
}

/// An answer, read.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub json: Value,
}

impl Answer {
    /// The stable word of a refusal, in either dialect.
    pub fn code(&self) -> &str {
        self.json["code"].as_str().or(self.json["errorCode"].as_str()).unwrap_or_default()
    }

    /// Status and word together, to compare with a line of the contract.
    pub fn refusal(&self) -> (u16, &str) {
        (self.status, self.code())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }

    /// A property that is text.
    pub fn text_of(&self, name: &str) -> String {
        self.json[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.text)).to_owned()
    }

    /// The names of the fields that are refused.
    pub fn fields(&self) -> Vec<&str> {
        let list = self.json["errors"].as_array().or(self.json["details"].as_array());
        list.into_iter().flatten().filter_map(|entry| entry["field"].as_str()).collect()
    }
}

impl TestApp {
    /// A token of Acme with every permission of an organization.
    pub async fn api(&self) -> Api<'_> {
        let acme = self.pool.texts("SELECT id FROM organizations WHERE name = 'Acme'").await.remove(0);
        self.token(Some(&acme), "CI", &Permission::OF_ORGANIZATION, &[]).await
    }

    /// A token of another organization, likewise.
    pub async fn api_of(&self, organization: &str) -> Api<'_> {
        self.token(Some(organization), "CI", &Permission::OF_ORGANIZATION, &[]).await
    }

    /// A global token with every permission.
    pub async fn global_api(&self) -> Api<'_> {
        let all: Vec<Permission> = Permission::OF_ORGANIZATION.into_iter().chain(Permission::OF_TENANTS).collect();
        self.token(None, "Platform", &all, &[]).await
    }

    /// Any token.
    pub async fn token(&self, scope: Option<&str>, name: &str, may: &[Permission], networks: &[&str]) -> Api<'_> {
        let occasion = self.app.occasion();
        let new = NewToken {
            name: TokenName::parse(name).expect("name"),
            permissions: may.to_vec(),
            networks: networks.iter().map(|network| read_network(network).expect("network")).collect(),
            expires_at: occasion.now.plus(days(365)),
        };
        let scope = scope.map(|id| id.parse().expect("id"));
        let made = create_from_command_line(&self.app, scope, &new, &occasion).await.expect("made");
        let Outcome::Done(secret) = made else { panic!("a token {name} exists") };
        self.caller(secret.exposed())
    }

    /// Whoever presents this text.
    pub fn caller(&self, token: &str) -> Api<'_> {
        let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Api { app: self, router: self.router(), token: token.to_owned(), peer, headers: Vec::new() }
    }

    /// The id of an organization.
    pub async fn organization(&self, name: &str) -> String {
        self.pool.texts(&format!("SELECT id FROM organizations WHERE name = '{name}'")).await.remove(0)
    }
}

impl Api<'_> {
    /// The same from another address.
    pub fn from(&self, peer: &str) -> Self {
        Self { peer: peer.parse().expect("address"), ..self.clone() }
    }

    /// The same in front of another program.
    pub fn at(&self, router: Router) -> Self {
        Self { router, ..self.clone() }
    }

    /// The same with one more header.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.push((name.to_owned(), value.to_owned()));
        other
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(body.to_string())).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, Some(body.to_string())).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None).await
    }

    /// Sends a body as it is written.
    pub async fn send(&self, method: &str, path: &str, body: Option<String>) -> Answer {
        self.app.advance(std::time::Duration::from_millis(1));
        let mut request = Request::builder().method(method).uri(path);
        if !self.headers.iter().any(|(name, _)| name == "host") {
            request = request.header("host", "127.0.0.1:8080");
        }
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        if body.is_some() && !self.headers.iter().any(|(name, _)| name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in self.headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(name, value);
        }
        let mut request = request.body(body.map_or_else(Body::empty, Body::from)).expect("request");
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((self.peer, 40000))));
        let response = self.router.clone().oneshot(request).await.expect("answer");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 24).await.expect("body");
        let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        let answer = Answer { status: parts.status.as_u16(), headers: parts.headers, text, json };
        let what = format!("{method} {path}");
        assert!(answer.status < 500, "{what}: {}", answer.text);
        assert!(answer.header("x-request-id").is_some(), "{what}");
        // The document is for people with a session too, so it stands among the pages.
        assert!(path == "/api/openapi.json" || answer.header("set-cookie").is_none(), "{what}");
        assert!(answer.header("access-control-allow-origin").is_none(), "{what}");
        assert!(!answer.text.contains(&self.token) || self.token.is_empty(), "{what} shows the calling token");
        AGREED.with(|agreed| agreed.hold(method, path, &answer));
        answer
    }
}

thread_local! {
    static AGREED: Agreed = Agreed::new();
}

/// The document, ready to hold answers against.
struct Agreed {
    document: Value,
    schemas: Schemas,
    /// Method, path, status, schema of the body.
    answers: Vec<(String, String, u16, Option<SchemaIndex>)>,
}

impl Agreed {
    fn new() -> Self {
        let document = document().expect("document");
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("https://rollcall.example/api.json", document.clone()).expect("JSON");
        let mut answers = Vec::new();
        for (path, methods) in document["paths"].as_object().expect("paths") {
            for (method, operation) in methods.as_object().expect("methods") {
                for (status, answer) in operation["responses"].as_object().expect("answers") {
                    let content = answer["content"].as_object().and_then(|kinds| kinds.values().next());
                    let reference = content.and_then(|content| content["schema"]["$ref"].as_str());
                    let schema = reference.map(|reference| {
                        let place = format!("https://rollcall.example/api.json{reference}");
                        compiler.compile(&place, &mut schemas).expect("a schema")
                    });
                    answers.push((method.to_uppercase(), path.clone(), status.parse().expect("status"), schema));
                }
            }
        }
        Self { document, schemas, answers }
    }

    fn hold(&self, method: &str, path: &str, answer: &Answer) {
        let path = path.split('?').next().unwrap_or_default();
        let template = self.template(path);
        let Some(template) =
            template.filter(|template| self.document["paths"][template][method.to_lowercase()].is_object())
        else {
            let is_known = path == "/api/openapi.json" || matches!(answer.status, 401 | 403 | 404 | 405);
            assert!(is_known, "{method} {path}: {}", answer.status);
            return;
        };
        let agreed =
            self.answers.iter().find(|(by, at, status, _)| by == method && *at == template && *status == answer.status);
        let Some((_, _, _, schema)) = agreed else {
            panic!("{method} {template} is not said to answer {}: {}", answer.status, answer.text)
        };
        match schema {
            Some(schema) => {
                let valid = self.schemas.validate(&answer.json, *schema);
                assert!(valid.is_ok(), "{method} {template}: {}\n{}", valid.expect_err("invalid"), answer.text);
            }
            None => assert!(answer.text.is_empty(), "{method} {template}: {}", answer.text),
        }
    }

    /// The path of the document that a path is an instance of; one without parameters goes before.
    fn template(&self, path: &str) -> Option<String> {
        let fits = |template: &&String| {
            let (one, other) = (template.split('/'), path.split('/'));
            one.clone().count() == other.clone().count()
                && one.zip(other).all(|(expected, found)| expected.starts_with('{') || expected == found)
        };
        let paths = self.document["paths"].as_object().expect("paths");
        paths.keys().filter(fits).min_by_key(|template| template.matches('{').count()).cloned()
    }
}
