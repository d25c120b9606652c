//! The words and the kinds of failures.

use regain_http::client::config::ClientConfig;
use regain_http::client::error::Side;
use tokio::net::TcpListener;

use crate::support::{Script, client, failure, get};

#[tokio::test]
async fn a_refused_connection_reads_as_in_go() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let client = client(&ClientConfig::default());
    let url = format!("http://{address}/metrics");
    let error = get(&client, &url).await.unwrap_err();
    let expected = format!("Get \"{url}\": dial tcp {address}: connect: connection refused");
    assert_eq!(error.to_string(), expected);
    assert_eq!((error.side(), error.is_retryable()), (Side::Network, true));
}

#[tokio::test]
async fn a_missing_unix_socket_reads_as_in_go() {
    let client = client(&ClientConfig::default());
    let mut request = regain_http::client::Request::get("http://localhost/".parse().unwrap());
    request.unix_socket = Some("/nonexistent/socket".into());
    let error = client.fetch(&request, 10, &mut Vec::new()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "Get \"http://localhost/\": dial unix /nonexistent/socket: connect: no such file or \
         directory"
    );
}

#[tokio::test]
async fn a_server_that_says_nothing_is_an_eof() {
    let script = Script::start(&[b""]).await;
    let client = client(&ClientConfig::default());
    let url = script.url("/");
    assert_eq!(failure(&client, &url).await, format!("Get \"{url}\": EOF"));
}

#[tokio::test]
async fn a_server_that_speaks_no_http_is_at_fault() {
    let script = Script::start(&[b"SSH-2.0-OpenSSH\r\n\r\n"]).await;
    let client = client(&ClientConfig::default());
    let error = get(&client, &script.url("/")).await.unwrap_err();
    assert!(error.to_string().contains("transport connection broken"), "{error}");
    assert_eq!((error.side(), error.is_retryable()), (Side::There, false));
}

#[tokio::test]
async fn the_password_of_a_url_does_not_show() {
    let script = Script::start(&[b""]).await;
    let client = client(&ClientConfig::default());
    let url = format!("http://user:secret@{}/", script.address);
    assert!(failure(&client, &url).await.starts_with("Get \"http://user:xxxxx@"));
    let head = script.heads()[0].clone();
    assert!(head.contains("authorization: Basic dXNlcjpzZWNyZXQ=\r\n"), "{head}");
}

#[tokio::test]
async fn other_schemes_are_refused() {
    let client = client(&ClientConfig::default());
    let text = failure(&client, "ftp://a.example/").await;
    assert_eq!(text, "Get \"ftp://a.example/\": unsupported protocol scheme \"ftp\"");
}
