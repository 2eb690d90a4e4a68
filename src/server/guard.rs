//! Who may ask: whoever means this server, and no page from elsewhere.
//!
//! A page can have its own name lead to this machine (DNS rebinding), and its scripts then
//! count as ours in the browser's eyes: the name in `Host` gives it away. And it can send
//! requests across without reading the answers: `Origin` gives that away.

use crate::server::answer::Refusal;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;

/// What every answer says to browsers: keep nothing, guess nothing, hand nothing on.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// Lets a request pass, or says why not.
pub(super) async fn guard(State(bound): State<IpAddr>, request: Request, next: Next) -> Response {
    let mut answer = match objection(request.headers(), bound) {
        None => next.run(request).await,
        Some(refusal) => refusal.into_response(),
    };
    for (name, value) in HEADERS {
        answer.headers_mut().insert(name, value);
    }
    answer
}

/// Says what speaks against a request.
fn objection(headers: &HeaderMap, bound: IpAddr) -> Option<Refusal> {
    let text = |name| {
        let value: &HeaderValue = headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let host = text(header::HOST).unwrap_or_default();
    if !is_ours(without_port(&host), bound) {
        return Some(Refusal::new(
            StatusCode::FORBIDDEN,
            format!("host `{host}` is not a name of this server"),
            "ask by the address that `kneepoint serve` printed, or by `localhost`",
        ));
    }
    let origin = text(header::ORIGIN)?;
    let own = format!("http://{host}");
    (!origin.eq_ignore_ascii_case(&own)).then(|| {
        Refusal::new(
            StatusCode::FORBIDDEN,
            format!("a page of `{origin}` may not ask here"),
            "ask from the page of this server, or without `Origin`",
        )
    })
}

/// Whether a host is this machine, by the loopback or the address that is listened at.
fn is_ours(host: &str, bound: IpAddr) -> bool {
    if host.eq_ignore_ascii_case("localhost") {
        return true;
    }
    match host.parse::<IpAddr>() {
        // Where every address is listened at, any may be meant; a name may not.
        Ok(ip) => ip.is_loopback() || ip == bound || bound.is_unspecified(),
        Err(_) => false,
    }
}

/// Returns a host without its port and without the brackets of an address.
fn without_port(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split_once(']').map_or(rest, |(ip, _)| ip);
    }
    host.split_once(':').map_or(host, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a request with these headers may pass where an address is listened at.
    fn passes(bound: &str, host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        let value = |text: &str| HeaderValue::from_str(text).expect("a header");
        headers.insert(header::HOST, value(host));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, value(origin));
        }
        objection(&headers, bound.parse().expect("an address")).is_none()
    }

    #[test]
    fn a_host_is_a_loopback_name_or_the_address_that_is_listened_at() {
        for host in [
            "localhost:8470",
            "127.0.0.1:8470",
            "127.0.0.1",
            "[::1]:8470",
            "LOCALHOST",
        ] {
            assert!(passes("127.0.0.1", host, None), "{host}");
        }
        for host in [
            "evil.example:8470",
            "localhost.evil.example",
            "10.0.0.7:8470",
            "",
            "[::1",
        ] {
            let loopback = host == "[::1";
            assert_eq!(passes("127.0.0.1", host, None), loopback, "{host}");
        }
        assert!(passes("10.0.0.7", "10.0.0.7:8470", None));
        assert!(!passes("10.0.0.7", "10.0.0.8:8470", None));
        assert!(passes("0.0.0.0", "10.0.0.8:8470", None));
        assert!(!passes("0.0.0.0", "host.example:8470", None));
    }

    #[test]
    fn an_origin_is_the_server_itself() {
        let own = Some("http://localhost:8470");

        assert!(passes("127.0.0.1", "localhost:8470", own));
        assert!(!passes("127.0.0.1", "127.0.0.1:8470", own));
        for origin in ["http://localhost:3000", "https://evil.example", "null"] {
            assert!(
                !passes("127.0.0.1", "localhost:8470", Some(origin)),
                "{origin}"
            );
        }
    }
}
