//! A server below a path.

use http::StatusCode;

use crate::server::{Server, Setup};

#[tokio::test]
async fn all_routes_lie_below_the_prefix_and_the_root_leads_there() {
    let server = Server::ready(Setup { route_prefix: "/a/b", ..Setup::default() });
    let there = [
        "/a/b",
        "/a/b/-/healthy",
        "/a/b/metrics",
        "/a/b/api/v1/query?query=up",
        "/a/b/version",
        "/a/b/federate",
        "/a/b/api/v1/label/job/values",
    ];
    for target in there {
        assert_eq!(server.get(target).await.status, StatusCode::OK, "{target}");
    }
    for target in ["/-/healthy", "/metrics", "/api/v1/query?query=up", "/a/-/healthy"] {
        let answer = server.get(target).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{target}");
        assert_eq!(answer.text(), "404 page not found\n");
    }
    for target in ["/", "/a/b/"] {
        let answer = server.get(target).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::FOUND, "/a/b"));
    }
    let metrics = server.get("/a/b/metrics").await;
    let expected =
        "prometheus_http_requests_total{code=\"200\",handler=\"/api/v1/label/:name/values\"} 1";
    assert!(metrics.text().contains(expected), "{}", metrics.text());
    assert!(metrics.text().contains("{code=\"200\",handler=\"/-/healthy\"} 1"));
}

#[tokio::test]
async fn the_pages_are_at_the_root_even_before_the_server_is_ready() {
    for (route_prefix, root) in [("/", "/"), ("/a/b", "/a/b")] {
        let (server, _) = Server::starting(Setup { route_prefix, ..Setup::default() });
        let page = server.get(root).await;
        assert_eq!((page.status, page.text()), (StatusCode::OK, "a page"));
    }
}
