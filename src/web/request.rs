//! What is known about a request before anybody looks at what it wants: its id, where it comes from, and whether it is
//! meant for this server. One line of the log tells how it ended.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::headers;
use crate::{
    app::App,
    domain::{audit::Occasion, ids},
    error::AppError,
};

/// Facts about the request, in its extensions.
#[derive(Debug, Clone)]
pub struct RequestFacts {
    /// Shown on error pages and in the log.
    pub id: String,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// When it arrived, from where: what audit events carry.
    pub occasion: Occasion,
}

/// Learns the facts, checks the host, logs the outcome.
pub async fn receive(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let now = app.clock.now();
    let id = ids::new_uuid(now, app.entropy.as_ref()).simple().to_string();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let address = peer.map(|peer| client_address(peer, request.headers(), &app));
    let occasion = Occasion {
        now,
        entropy: app.entropy.clone(),
        address: address.map(|address| address.to_string()),
        request_id: Some(id.clone()),
    };
    let facts = RequestFacts { id: id.clone(), address, occasion };
    request.extensions_mut().insert(facts);
    let method = request.method().clone();
    let is_ours = is_for_this_server(&app, request.uri(), request.headers());
    let mut response = if is_ours { next.run(request).await } else { misdirected() };
    let route = response.extensions().get::<super::routes::Matched>().map_or("unmatched", |matched| matched.0);
    let took = (app.clock.now().since(now).max(0)) / 1000;
    let status = response.status().as_u16();
    tracing::info!(request = %id, %method, route, status, ms = took, "answered");
    if let Some(error) = response.extensions().get::<super::cause::Cause>() {
        tracing::error!(request = %id, route, cause = %error.0, "request failed");
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

/// The peer, or the nearest hop of X-Forwarded-For that is not a listed proxy when the peer is one (S19). A header that
/// cannot be read counts for nothing.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, app: &App) -> IpAddr {
    let is_trusted =
        |address: IpAddr| app.config.trusted_proxies.iter().any(|network| network.contains(&address.to_canonical()));
    let peer = peer.to_canonical();
    if !is_trusted(peer) {
        return peer;
    }
    let mut nearest = peer;
    let hops = headers.get_all("x-forwarded-for").iter().rev();
    for header in hops {
        let Ok(text) = header.to_str() else { return nearest };
        for hop in text.rsplit(',') {
            let Ok(address) = hop.trim().parse::<IpAddr>() else { return nearest };
            nearest = address.to_canonical();
            if !is_trusted(nearest) {
                return nearest;
            }
        }
    }
    nearest
}

/// The whole answer to a request that could not be read, as bytes: nothing on its connection can be trusted any more.
pub fn unreadable(app: &App, status: StatusCode) -> Vec<u8> {
    let id = ids::new_uuid(app.clock.now(), app.entropy.as_ref()).simple().to_string();
    tracing::info!(request = %id, status = status.as_u16(), "not readable");
    let text = format!("This request cannot be read.\nReference: {id}\n");
    let mut headers = HeaderMap::new();
    headers::add(&mut headers, app.config.public_url.is_https());
    let mut answer = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
         X-Request-Id: {id}\r\n",
        text.len()
    )
    .into_bytes();
    for (name, value) in &headers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            answer.extend_from_slice(part);
        }
    }
    answer.extend_from_slice(format!("\r\n{text}").as_bytes());
    answer
}

/// The answer to a request meant for another server; no page and no API of ours, so a plain sentence.
fn misdirected() -> Response {
    let error = AppError::Misdirected;
    (error.status(), [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], error.text() + "\n").into_response()
}

/// One Host header, naming the public address; an absolute-form target must name it too (S44).
fn is_for_this_server(app: &App, uri: &Uri, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().unwrap_or_default(),
        _ => return false,
    };
    let named = uri.authority().is_none_or(|authority| app.config.public_url.answers_to(authority.as_str()));
    named && app.config.public_url.answers_to(host)
}
