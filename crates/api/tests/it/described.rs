//! Upstream's own description of the API: what is described is there, or is known to be absent.

use std::path::PathBuf;

use http::{Method, StatusCode};

use crate::server::{Server, Setup};

/// What is described and not built. Asking for it must say that there is no such page.
const ABSENT: [&str; 11] = [
    "/search/metric_names",
    "/search/label_names",
    "/search/label_values",
    "/status/tsdb/blocks",
    "/status/self_metrics",
    "/read",
    "/otlp/v1/metrics",
    "/notifications",
    "/notifications/live",
    "/features",
    "/openapi.yaml",
];

/// Paths and methods of the description.
fn described(text: &str) -> Vec<(String, Method)> {
    let mut found = Vec::new();
    let mut path = String::new();
    for line in text.lines().skip_while(|line| *line != "paths:").skip(1) {
        let indent = line.len() - line.trim_start().len();
        let word = line.trim().trim_end_matches(':');
        match indent {
            0 => break,
            4 => word.clone_into(&mut path),
            8 if ["get", "post", "put"].contains(&word) => {
                found.push((path.clone(), word.to_uppercase().parse().unwrap()));
            }
            _ => {}
        }
    }
    found
}

#[tokio::test]
async fn what_upstream_describes_is_there_or_known_to_be_absent() {
    let root = std::env::var_os("REGAIN_CONFORMANCE").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"),
        PathBuf::from,
    );
    let path = root.join("openapi/openapi_3.2_golden.yaml");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("SKIPPED: {} is missing", path.display());
        return;
    };
    let described = described(&text);
    assert!(described.len() > 40, "the description is read: {described:?}");
    let server = Server::ready(Setup::default());
    for (path, method) in described {
        let target = format!("/api/v1{}", path.replace("{name}", "job"));
        let answer = server.ask(method.clone(), &target, None).await;
        let is_absent = answer.text() == "404 page not found\n";
        assert_eq!(is_absent, ABSENT.contains(&&*path), "{method} {path}: {}", answer.text());
        assert_ne!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
    }
}
