use std::path::Path;

use axum::Router;
use axum::body::Body;
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use regain_web_ui::{is_built, receiver_router, router};
use tower::ServiceExt as _;

async fn ask(router: &Router, method: &str, path: &str) -> Response<Body> {
    let request = Request::builder().method(method).uri(path).body(Body::empty());
    router
        .clone()
        .oneshot(request.expect("the request is well-formed"))
        .await
        .expect("routers do not fail")
}

async fn body(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.expect("the body is in memory").to_bytes();
    String::from_utf8(bytes.to_vec()).expect("the body is text")
}

#[tokio::test]
async fn every_page_is_the_document_with_a_strict_policy() {
    let router = router("");
    for page in [
        "/",
        "/query?g0.expr=up",
        "/targets",
        "/alerts",
        "/rules",
        "/silences",
        "/silences/0e2a4b1c-9f0d-4c37-8a51-3f4f1f5f2c11/edit",
        "/healing",
        "/status",
        "/tsdb-status",
        "/cardinality",
        "/queries",
        "/config",
        "/flags",
        "/service-discovery?search=a",
    ] {
        let response = ask(&router, "GET", page).await;
        assert_eq!(response.status(), StatusCode::OK, "{page}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache");
        assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
        assert!(body(response).await.contains(r#"<base href="/" />"#), "{page}");
    }
}

#[tokio::test]
async fn a_receiver_of_alerts_has_pages_for_alerts_only() {
    let router = receiver_router("/am");
    for page in ["/", "/alerts", "/silences", "/silences/new", "/status"] {
        let response = ask(&router, "GET", page).await;
        assert_eq!(response.status(), StatusCode::OK, "{page}");
        let html = body(response).await;
        assert!(html.contains(r#"<base href="/am/" />"#), "{page}: {html}");
        assert_eq!(html.contains(r#"name="regain-scope" content="receiver""#), is_built());
    }
    for page in ["/query", "/graph", "/targets", "/rules", "/healing", "/tsdb-status"] {
        assert_eq!(ask(&router, "GET", page).await.status(), StatusCode::NOT_FOUND, "{page}");
    }
}

#[tokio::test]
async fn the_document_is_not_sent_twice() {
    let router = router("");
    let first = ask(&router, "GET", "/").await;
    let tag = first.headers()[header::ETAG].clone();
    let request =
        Request::get("/status").header(header::IF_NONE_MATCH, tag).body(Body::empty()).unwrap();
    let again = router.oneshot(request).await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(body(again).await, "");
}

#[tokio::test]
async fn a_head_has_the_size_and_no_body() {
    let router = router("");
    let whole = body(ask(&router, "GET", "/").await).await;
    let head = ask(&router, "HEAD", "/").await;
    assert_eq!(head.headers()[header::CONTENT_LENGTH], whole.len().to_string());
    assert_eq!(body(head).await, "");
    let post = ask(&router, "POST", "/").await;
    assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn addresses_begin_at_the_external_path_behind_a_prefix() {
    let behind = Router::new().nest("/inside", router("/outside/deep/"));
    let page = ask(&behind, "GET", "/inside/status").await;
    assert!(body(page).await.contains(r#"<base href="/outside/deep/" />"#));
    let moved = ask(&behind, "GET", "/inside/graph?g0.expr=up%7B%7D&g0.tab=1").await;
    assert_eq!(moved.status(), StatusCode::FOUND);
    assert_eq!(moved.headers()[header::LOCATION], "/outside/deep/query?g0.expr=up%7B%7D&g0.tab=1");
}

#[tokio::test]
async fn a_file_that_is_not_there_is_not_remembered() {
    for path in ["/assets/gone-12345678.js", "/assets/../Cargo.toml", "/assets/%2e%2e%2fCargo.toml"]
    {
        let response = ask(&router(""), "GET", path).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store", "{path}");
    }
}

#[tokio::test]
async fn every_file_of_the_document_is_there_and_typed() {
    let router = router("");
    let html = body(ask(&router, "GET", "/").await).await;
    if !is_built() {
        say_skipped();
        assert!(html.contains("make build") && html.contains("api/v1/targets"), "{html}");
        return;
    }
    let references = html.split("=\"./").skip(1).filter_map(|rest| rest.split('"').next());
    let mut scripts = 0;
    for file in references {
        let response = ask(&router, "GET", &format!("/{file}")).await;
        assert_eq!(response.status(), StatusCode::OK, "{file}");
        let mime = response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        let is_script = Path::new(file).extension().is_some_and(|extension| extension == "js");
        assert_eq!(mime.starts_with("text/javascript"), is_script, "{file} is {mime}");
        scripts += usize::from(is_script);
    }
    assert!(scripts > 0, "{html}");
}

#[expect(clippy::print_stderr, reason = "a test that skips says so")]
fn say_skipped() {
    eprintln!(
        "SKIPPED: the pages are not built (`make ui` does); only the page that says so was tested"
    );
}
