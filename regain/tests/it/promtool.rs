//! The tools: checks, queries.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;

use super::files::write;
use super::program::{run, text};

/// A server that answers one request with `answer`, and gives the request.
fn server(answer: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let request = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut piece = [0; 4096];
        while !is_whole(&request) {
            let count = stream.read(&mut piece).unwrap();
            assert!(count > 0, "the client gave up");
            request.extend_from_slice(&piece[..count]);
        }
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8(request).unwrap()
    });
    (url, request)
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.is_none_or(|length| body.len() >= length.parse().unwrap())
}

fn answer(status: &str, body: &str) -> &'static str {
    let text = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    Box::leak(text.into_boxed_str())
}

#[test]
fn an_instant_query_is_asked_and_printed() {
    let body = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"a"},"value":[1.5,"1"]}]}}"#;
    let (url, request) = server(answer("200 OK", body));
    let output = run(&["promtool", "query", "instant", &url, "up", "--time=1.5", "--header=X-A=b"]);
    assert_eq!(text(&output.stdout), "up{job=\"a\"} => 1 @[1.5]\n");
    assert!(output.status.success());
    let request = request.join().unwrap();
    assert!(request.starts_with("POST /api/v1/query HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("\r\nx-a: b\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\nquery=up&time=1.5"), "{request}");
}

#[test]
fn label_values_are_looked_up_below_a_prefix() {
    let (url, request) = server(answer("200 OK", r#"{"status":"success","data":["a","b"]}"#));
    let url = format!("{url}/prefix/");
    let output =
        run(&["promtool", "query", "-o", "json", "labels", &url, "a/b", "--start=1", "--end=2"]);
    assert_eq!(text(&output.stdout), "[\"a\",\"b\"]\n");
    let request = request.join().unwrap();
    assert!(
        request.starts_with("GET /prefix/api/v1/label/a%2Fb/values?start=1&end=2 HTTP/1.1"),
        "{request}"
    );
}

#[test]
fn what_the_server_says_instead_of_data_is_shown() {
    let cases = [
        (
            answer(
                "400 Bad Request",
                r#"{"status":"error","errorType":"bad_data","error":"bad up{"}"#,
            ),
            "query error: bad_data: bad up{\n",
        ),
        (
            answer("404 Not Found", "404 page not found\n"),
            "query error: client_error: client error: 404 (detail: 404 page not found)\n",
        ),
        (
            answer("503 Service Unavailable", "Service Unavailable"),
            "query error: server_error: server error: 503 (detail: Service Unavailable)\n",
        ),
    ];
    for (answer, expected) in cases {
        let (url, request) = server(answer);
        let output = run(&["promtool", "query", "instant", &url, "up{"]);
        request.join().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(1), expected));
    }
}

#[test]
fn web_config_files_are_checked_one_by_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    write(path("good.yml"), "http_server_config: {http2: true}\n");
    write(path("bad.yml"), "tls_server_config:\n  cert_fil: x\n");
    let output = run(&["promtool", "check", "web-config", &path("good.yml"), &path("bad.yml")]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains(&format!("{} SUCCESS\n", path("good.yml"))), "{said}");
    assert!(said.contains(&format!("{} FAILED: ", path("bad.yml"))), "{said}");
    assert!(said.contains("bad.yml:2:3"), "{said}");
    let output = run(&["promtool", "check", "web-config", &path("good.yml")]);
    assert!(output.status.success());
}
