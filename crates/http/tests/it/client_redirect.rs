//! Redirects, and what does not go with them.

use regain_http::client::config::ClientConfig;
use regain_http::client::config::{Authorization, BasicAuth};

use crate::support::{Script, client, failure, get, ok};

fn to(location: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n").into_bytes()
}

fn with_login() -> ClientConfig {
    ClientConfig {
        authorization: Some(Authorization { credentials: "t".into(), ..Authorization::default() }),
        ..ClientConfig::default()
    }
}

#[tokio::test]
async fn a_redirect_on_the_same_host_keeps_the_credentials() {
    let script = Script::start(&[&to("/other"), &ok("found")]).await;
    let (answer, body) = get(&client(&with_login()), &script.url("/")).await.unwrap();
    assert_eq!((answer.url.path(), &*body), ("/other", "found"));
    let heads = script.heads();
    assert!(heads[1].starts_with("GET /other "), "{}", heads[1]);
    assert!(heads[1].contains("authorization: Bearer t\r\n"), "{}", heads[1]);
}

#[tokio::test]
async fn credentials_do_not_follow_to_another_host_nor_back() {
    let away = Script::start(&[&ok("away")]).await;
    let port = away.address.port();
    let script = Script::start(&[&to(&format!("http://localhost:{port}/"))]).await;
    let mut config = with_login();
    for _ in ["authorization", "basic_auth"] {
        get(&client(&config), &script.url("/")).await.unwrap();
        config = ClientConfig {
            basic_auth: Some(BasicAuth { username: "u".to_owned(), ..BasicAuth::default() }),
            ..ClientConfig::default()
        };
    }
    assert_eq!(away.heads().len(), 2);
    for head in away.heads() {
        assert!(!head.contains("authorization"), "{head}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed_where_the_configuration_says_so() {
    let script = Script::start(&[&to("/other")]).await;
    let config = ClientConfig { follow_redirects: false, ..ClientConfig::default() };
    let (answer, _) = get(&client(&config), &script.url("/")).await.unwrap();
    assert_eq!(answer.status, 302);
}

#[tokio::test]
async fn a_loop_ends_after_ten_redirects() {
    let script = Script::start(&[&to("/loop")]).await;
    let text = failure(&client(&ClientConfig::default()), &script.url("/")).await;
    assert_eq!(text, format!("Get \"{}\": stopped after 10 redirects", script.url("/loop")));
    assert_eq!(script.heads().len(), 11);
}
