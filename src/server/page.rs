//! The page: one file with its script and its colours inside.

use crate::report;
use crate::server::answer;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use sha2::{Digest, Sha256};

/// What stands where.
const PAGE: &str = include_str!("page.html");
/// What is beside the colours of a report.
const STYLE: &str = include_str!("page.css");
/// What it does.
const SCRIPT: &str = include_str!("page.js");

/// The page, and what it may do.
#[derive(Debug)]
pub(super) struct Page {
    text: String,
    policy: String,
}

impl Page {
    /// Puts the page together.
    pub(super) fn new() -> Page {
        let text = PAGE
            .replace("/* style */", &format!("{}{STYLE}", report::STYLE))
            .replace("/* script */", SCRIPT);
        let script = base64(&Sha256::digest(SCRIPT.as_bytes()));
        Page {
            text,
            policy: format!(
                "default-src 'none'; script-src 'sha256-{script}'; style-src 'unsafe-inline'; \
                 img-src data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; \
                 form-action 'none'; frame-ancestors 'none'"
            ),
        }
    }

    /// Answers with it.
    pub(super) fn answer(&self) -> Response {
        let mut answer = answer::content("text/html; charset=utf-8", self.text.clone());
        if let Ok(policy) = HeaderValue::from_str(&self.policy) {
            let headers = answer.headers_mut();
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        answer
    }
}

/// Writes bytes in base 64.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let six = (bits >> (18 - 6 * digit) & 63) as usize;
            text.push(match digit <= three.len() {
                true => char::from(DIGITS[six]),
                false => '=',
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_64_is_that_of_the_standard() {
        // SOURCE: RFC 4648, section 10.
        let written = ["", "f", "fo", "foo", "foob", "fooba", "foobar"];
        let written = written.map(|text| base64(text.as_bytes()));

        let expected = [
            "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy",
        ];
        assert_eq!(written, expected);
    }

    #[test]
    fn the_page_holds_its_script_and_asks_for_nothing_from_elsewhere() {
        let page = Page::new();

        assert!(page.text.contains(&format!("<script>{SCRIPT}</script>")));
        assert!(!page.text.contains("/* style */"));
        for word in ["http:", "https:", "//cdn", "@import", "url("] {
            assert!(!page.text.contains(word), "{word}");
        }
        // A script ends at the first of these.
        assert!(!SCRIPT.contains("</"));
    }
}
