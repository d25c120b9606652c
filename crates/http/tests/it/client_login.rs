//! Credentials and headers of a configuration.

use std::collections::BTreeMap;

use regain_http::client::config::ClientConfig;
use regain_http::client::config::{Authorization, BasicAuth, HttpHeader, Oauth2};

use crate::certificates::write;
use crate::support::{Script, client, failure, get, ok};

async fn head_with(config: &ClientConfig) -> String {
    let script = Script::start(&[&ok("")]).await;
    get(&client(config), &script.url("/")).await.unwrap();
    script.heads().remove(0)
}

#[tokio::test]
async fn basic_auth_reads_its_password_file_for_each_request() {
    let directory = tempfile::tempdir().unwrap();
    let path = write(directory.path(), "password", "one\n");
    let config = ClientConfig {
        basic_auth: Some(BasicAuth {
            username: "user".to_owned(),
            password_file: Some(path.clone()),
            ..BasicAuth::default()
        }),
        ..ClientConfig::default()
    };
    let script = Script::start(&[&ok("")]).await;
    let client = client(&config);
    get(&client, &script.url("/")).await.unwrap();
    write(directory.path(), "password", "other");
    get(&client, &script.url("/")).await.unwrap();
    let heads = script.heads();
    assert!(heads[0].contains("authorization: Basic dXNlcjpvbmU=\r\n"), "{}", heads[0]);
    assert!(heads[1].contains("authorization: Basic dXNlcjpvdGhlcg==\r\n"), "{}", heads[1]);
    std::fs::remove_file(&path).unwrap();
    let text = failure(&client, &script.url("/")).await;
    assert!(text.contains("unable to read basic auth password: "), "{text}");
}

#[tokio::test]
async fn authorization_and_headers_are_sent() {
    let directory = tempfile::tempdir().unwrap();
    let file = write(directory.path(), "header", " from file \n");
    let header = HttpHeader {
        values: vec!["one".to_owned()],
        secrets: vec!["two".into()],
        files: vec![file],
    };
    let config = ClientConfig {
        authorization: Some(Authorization {
            credentials: "token".into(),
            ..Authorization::default()
        }),
        http_headers: BTreeMap::from([("X-Tenant".to_owned(), header)]),
        ..ClientConfig::default()
    };
    let head = head_with(&config).await;
    for line in [
        "authorization: Bearer token",
        "x-tenant: one",
        "x-tenant: two",
        "x-tenant: from file",
        "user-agent: Test/1",
    ] {
        assert!(head.contains(&format!("{line}\r\n")), "{line} is not in {head}");
    }
}

#[tokio::test]
async fn the_older_bearer_token_works() {
    let config = ClientConfig { bearer_token: "old".into(), ..ClientConfig::default() };
    assert!(head_with(&config).await.contains("authorization: Bearer old\r\n"));
}

fn token(text: &str) -> Vec<u8> {
    let body =
        format!("{{\"access_token\":\"{text}\",\"token_type\":\"bearer\",\"expires_in\":3600}}");
    let mut answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n".to_vec();
    answer.extend(format!("content-length: {}\r\n\r\n{body}", body.len()).into_bytes());
    answer
}

fn oauth2(token_url: String) -> ClientConfig {
    ClientConfig {
        oauth2: Some(Oauth2 {
            client_id: "me".to_owned(),
            client_secret: "s&p".into(),
            scopes: vec!["a".to_owned(), "b".to_owned()],
            token_url,
            ..Oauth2::default()
        }),
        ..ClientConfig::default()
    }
}

#[tokio::test]
async fn a_token_is_fetched_once_and_sent_each_time() {
    let tokens = Script::start(&[&token("t1"), &token("t2")]).await;
    let target = Script::start(&[&ok("")]).await;
    let client = client(&oauth2(tokens.url("/token")));
    for _ in 0..2 {
        get(&client, &target.url("/")).await.unwrap();
    }
    for head in target.heads() {
        assert!(head.contains("authorization: Bearer t1\r\n"), "{head}");
    }
    let asked = tokens.heads();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].starts_with("POST /token HTTP/1.1\r\n"), "{}", asked[0]);
    // `me:s%26p`.
    assert!(asked[0].contains("authorization: Basic bWU6cyUyNnA=\r\n"), "{}", asked[0]);
}

#[tokio::test]
async fn a_token_server_that_wants_the_login_in_the_form_gets_it() {
    let refused = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n";
    let tokens = Script::start(&[refused, &token("t")]).await;
    let target = Script::start(&[&ok("")]).await;
    get(&client(&oauth2(tokens.url("/"))), &target.url("/")).await.unwrap();
    let asked = tokens.heads();
    assert!(!asked[1].contains("authorization"), "{}", asked[1]);
}

#[tokio::test]
async fn a_token_server_that_refuses_is_named() {
    let tokens = Script::start(&[b"HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno"]).await;
    let text = failure(&client(&oauth2(tokens.url("/"))), "http://127.0.0.1:1/").await;
    assert_eq!(
        text,
        "Get \"http://127.0.0.1:1/\": oauth2: cannot fetch token: 403 Forbidden\nResponse: no"
    );
}
