//! Requests as they go over the wire, and answers taken apart.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longest wait for a server that does not answer: a guard, nothing is measured.
const PATIENCE: Duration = Duration::from_secs(300);

/// Sends a request as it stands, and leaves the connection open.
pub(crate) fn open(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    stream.write_all(request.as_bytes()).expect("it is read");
    stream
}

/// Sends a request as it stands, and reads the whole answer: as much as it says it has, or all
/// until the connection ends.
pub(crate) fn send(address: SocketAddr, request: &str) -> Answer {
    let mut stream = BufReader::new(open(address, request));
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        let read = stream.read_line(&mut text).expect("a head");
        assert!(read > 0, "a head ends: {text}");
    }
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse().expect("a length"))
    });
    let mut body = Vec::new();
    stream
        .take(length.unwrap_or(u64::MAX))
        .read_to_end(&mut body)
        .expect("an answer");
    text.push_str(&String::from_utf8(body).expect("answers are UTF-8"));
    Answer::parse(&text)
}

/// Writes the head of a request that is the only one of its connection.
pub(crate) fn head(address: SocketAddr, method: &str, route: &str, headers: &str) -> String {
    format!("{method} {route} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n")
}

/// Writes a request with a body that is said to be JSON.
pub(crate) fn with_json(address: SocketAddr, method: &str, route: &str, body: &str) -> String {
    let headers = format!(
        "Content-Type: application/json\r\nContent-Length: {}\r\n",
        body.len()
    );
    format!("{}{body}", head(address, method, route, &headers))
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: Vec<String>,
    pub(crate) body: String,
}

impl Answer {
    /// Takes an answer apart.
    pub(crate) fn parse(text: &str) -> Answer {
        let (head, body) = text.split_once("\r\n\r\n").expect("a head ends");
        let head: Vec<String> = head.lines().map(str::to_owned).collect();
        let status = head[0].split(' ').nth(1).expect("a status");
        let mut answer = Answer {
            status: status.parse().expect("a number"),
            head,
            body: body.to_owned(),
        };
        if answer.header("transfer-encoding") == Some("chunked") {
            answer.body = joined(body);
        }
        answer
    }

    /// Returns a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let pairs = self.head.iter().filter_map(|line| line.split_once(": "));
        let mut found = pairs.filter(|(known, _)| known.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value)
    }

    /// Returns the body as JSON.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"));
        serde_json::from_str(&self.body).expect("it is JSON")
    }

    /// Makes sure that it is a refusal with this status that says something and helps.
    pub(crate) fn refuses(&self, status: u16, word: &str) {
        let said = self.json();
        assert_eq!(self.status, status, "{said}");
        let error = said["error"].as_str().expect("it says why");
        assert!(error.contains(word), "{error}");
        assert!(said["help"].is_string(), "{said}");
    }
}

/// Joins the pieces of a body that came in pieces.
fn joined(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).expect("a length");
        whole.push_str(&rest[..length]);
        body = rest[length..].trim_start_matches("\r\n");
    }
    whole
}
