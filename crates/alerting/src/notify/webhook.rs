//! Posting a notification as JSON to any URL.

use std::fmt::Write as _;
use std::sync::Arc;

use regain_go_template::Value;
use regain_http::Client;

use super::post::{Post, status_failure, url_in_file};
use super::{Delivered, Failure, Notification, NotifyError, payload};
use crate::settings::WebhookSettings;
use crate::template::{Data, Renderer, Templates, append_json, append_json_string};

/// The version of the payload.
const VERSION: &str = "4";

/// Posts a notification.
pub(super) async fn notify(
    settings: &WebhookSettings,
    client: &Client,
    templates: &Templates,
    notification: &Notification,
) -> Result<Delivered, NotifyError> {
    let shown = shown(settings.max_alerts, notification.alerts.len());
    let alerts = notification.alerts.get(..shown).unwrap_or(&notification.alerts);
    let data = Arc::new(Data::new(notification, alerts));
    let renderer = Renderer::new(templates, notification, &data);
    let body = match &settings.payload {
        Some(payload) => {
            let rendered = payload::render(payload, &renderer)
                .map_err(|error| NotifyError::here(Failure::Payload(Box::new(error))))?;
            let mut body = String::new();
            append_json(&mut body, &rendered).map_err(|error| NotifyError::here(error.into()))?;
            body.push('\n');
            body
        }
        None => body(&data, notification, notification.alerts.len() - shown)?,
    };
    let url = match &settings.url_file {
        Some(path) => url_in_file(path, "read url_file: ").await?,
        None => settings.url.expose().to_owned(),
    };
    let url = renderer
        .render(&url)
        .map_err(|error| NotifyError::here(Failure::UrlTemplate(Box::new(error))))?;
    if url.is_empty() {
        return Err(NotifyError::here(Failure::EmptyUrl));
    }
    let post = Post { name: "webhook", url: &url, body, timeout: settings.timeout };
    let (answer, body) = post.send(client).await?;
    status_failure(&answer, body).await?;
    Ok(Delivered { receiver_data: notification.receiver_data.clone() })
}

/// How many of `count` alerts are sent.
fn shown(max_alerts: u64, count: usize) -> usize {
    match usize::try_from(max_alerts) {
        Ok(limit) if limit > 0 => limit.min(count),
        _ => count,
    }
}

/// The usual body: the data of the templates and a few keys more.
fn body(
    data: &Arc<Data>,
    notification: &Notification,
    truncated: usize,
) -> Result<String, NotifyError> {
    let mut body = String::new();
    append_json(&mut body, &Value::Object(Arc::clone(data) as _))
        .map_err(|error| NotifyError::here(error.into()))?;
    // The keys go into the object that ends here.
    body.pop();
    write!(body, ",\"version\":\"{VERSION}\",\"groupKey\":")
        .expect("writing to a string cannot fail");
    append_json_string(&mut body, &notification.group_key);
    writeln!(body, ",\"truncatedAlerts\":{truncated}}}").expect("writing to a string cannot fail");
    Ok(body)
}
