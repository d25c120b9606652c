//! `web.yml` without TLS: users, headers, rate limit; and changes of the file.

use std::path::Path;

use regain_http::client::Client;
use regain_http::client::config::{BasicAuth, ClientConfig};
use regain_http::server::ServerSettings;
use regain_http::server::web_config::WebConfigFile;

use crate::certificates::write;
use crate::support::{Server, client, get, hello};

fn start(directory: &Path, text: &str) -> Server {
    let web_config = WebConfigFile::open(&write(directory, "web.yml", text)).unwrap();
    Server::start(
        hello(),
        ServerSettings { web_config: Some(web_config), ..ServerSettings::default() },
    )
}

fn logged_in(password: &str) -> Client {
    client(&ClientConfig {
        basic_auth: Some(BasicAuth {
            username: "alice".to_owned(),
            password: password.into(),
            ..BasicAuth::default()
        }),
        ..ClientConfig::default()
    })
}

#[tokio::test]
async fn only_users_enter_and_a_changed_file_counts_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let users = |password| {
        let hash = bcrypt::hash(password, 4).unwrap();
        format!("basic_auth_users:\n  alice: {hash}\n")
    };
    let server = start(directory.path(), &users("one"));
    let url = server.url("/");
    let status = async |client: &Client| get(client, &url).await.unwrap().0.status.as_u16();

    let nobody = client(&ClientConfig::default());
    let (answer, body) = get(&nobody, &url).await.unwrap();
    assert_eq!((answer.status.as_u16(), &*body), (401, "Unauthorized\n"));
    assert_eq!(answer.headers["www-authenticate"], "Basic");
    let (one, two) = (logged_in("one"), logged_in("two"));
    assert_eq!((status(&one).await, status(&two).await), (200, 401));

    write(directory.path(), "web.yml", &format!("{}\n", users("two")));
    assert_eq!((status(&one).await, status(&two).await), (401, 200));
    write(directory.path(), "web.yml", "oops: 1\n");
    assert_eq!(status(&two).await, 500);
    write(directory.path(), "web.yml", "");
    assert_eq!(status(&nobody).await, 200);
}

#[tokio::test]
async fn configured_headers_are_on_every_answer() {
    let directory = tempfile::tempdir().unwrap();
    let text = "http_server_config:\n  headers:\n    X-Frame-Options: deny\n    \
                Content-Security-Policy: default-src 'self'\nbasic_auth_users:\n  a: \
                $2b$04$abcdefghijklmnopqrstuuJ2bFMNn9AeLqH7wLJ7Ng1wYJ7pXgqWe\n";
    let server = start(directory.path(), text);
    let (answer, _) = get(&client(&ClientConfig::default()), &server.url("/")).await.unwrap();
    assert_eq!(answer.headers["x-frame-options"], "deny");
    assert_eq!(answer.headers["content-security-policy"], "default-src 'self'");
}

#[tokio::test]
async fn requests_beyond_the_rate_limit_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path(), "rate_limit:\n  burst: 2\n  interval: 1h\n");
    let client = client(&ClientConfig::default());
    for expected in [200, 200, 429] {
        let (answer, _) = get(&client, &server.url("/")).await.unwrap();
        assert_eq!(answer.status.as_u16(), expected);
    }
}
