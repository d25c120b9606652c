//! The page that people see who open the exporter in a browser.

use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::build_info;

/// Returns the page; `metrics_path` is where it points.
pub(super) fn page(metrics_path: &str) -> Bytes {
    let version = build_info::version_info(build_info::NODE_EXPORTER_VERSION);
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <title>Node Exporter</title></head>\n<body>\n<h1>Node Exporter</h1>\n\
         <p>Prometheus Node Exporter, served by Regain.</p>\n<p>Version: {}</p>\n\
         <ul><li><a href=\"{}\">Metrics</a></li></ul>\n</body>\n</html>\n",
        escaped(&version),
        escaped(metrics_path.trim_start_matches('/')),
    );
    Bytes::from(page)
}

/// Answers with the page.
pub(super) fn answer(page: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=UTF-8")], page).into_response()
}

/// Answers for every path that does not exist.
pub(super) async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "404 page not found\n").into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_break_out_of_the_page() {
        let page = page("/m\"><script>");
        let page = String::from_utf8_lossy(&page);
        assert!(page.contains("href=\"m&quot;>&lt;script>\""), "{page}");
    }
}
