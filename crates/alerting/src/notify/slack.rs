//! Messages to Slack: incoming webhooks, and `chat.postMessage` of applications.

use std::sync::Arc;

use regain_http::Client;
use serde::Deserialize;

use self::message::Message;
use super::failure::SlackFailure;
use super::post::{Post, read, status_failure, url_in_file};
use super::{Delivered, Failure, FailureReason, Notification, NotifyError, ReceiverValue};
use crate::settings::SlackSettings;
use crate::template::{Data, Renderer, Templates};

mod message;
#[cfg(test)]
mod tests;

/// Where a message that exists is changed; fixed, as upstream has it.
const UPDATE_URL: &str = "https://slack.com/api/chat.update";
/// Under which names the notification log keeps which message that is.
const THREAD_KEY: &str = "threadTs";
const CHANNEL_KEY: &str = "channelId";

/// Sends a message, or changes the one that the group has.
pub(super) async fn notify(
    settings: &SlackSettings,
    client: &Client,
    templates: &Templates,
    notification: &Notification,
) -> Result<Delivered, NotifyError> {
    let data = Arc::new(Data::new(notification, &notification.alerts));
    let renderer = Renderer::new(templates, notification, &data);
    let mut message = Message::render(settings, &renderer);
    let mut url = match (&settings.api_url, &settings.api_url_file) {
        (Some(url), _) => url.expose().to_owned(),
        (None, Some(path)) => url_in_file(path, "").await?,
        (None, None) => settings.app_url.clone(),
    };
    if let Some((thread, channel)) = known_message(settings, notification) {
        UPDATE_URL.clone_into(&mut url);
        thread.clone_into(&mut message.ts);
        channel.clone_into(&mut message.channel);
    }
    let channel = message.channel.clone();
    let post = Post { name: "slack", url: &url, body: message.body(), timeout: settings.timeout };
    let (answer, body) = post.send(client).await?;
    let body = status_failure(&answer, body).await.map_err(|error| NotifyError {
        failure: refused(&channel, SlackFailure::Status(Box::new(error.failure))),
        ..error
    })?;
    let contents = read(&answer, body).await;
    let is_json = answer
        .header(&http::header::CONTENT_TYPE)
        .is_some_and(|kind| kind.starts_with("application/json"));
    let accepted = contents
        .map_err(|error| (true, SlackFailure::Unread(Box::new(error))))
        .and_then(|contents| accepted(&contents, is_json))
        .map_err(|(retry, failure)| NotifyError {
            retry,
            reason: FailureReason::ClientError,
            failure: refused(&channel, failure),
        })?;
    let mut receiver_data = notification.receiver_data.clone();
    if settings.update_message && !accepted.ts.is_empty() && !accepted.channel.is_empty() {
        receiver_data.insert(THREAD_KEY.to_owned(), ReceiverValue::Text(accepted.ts));
        receiver_data.insert(CHANNEL_KEY.to_owned(), ReceiverValue::Text(accepted.channel));
    }
    Ok(Delivered { receiver_data })
}

fn refused(channel: &str, failure: SlackFailure) -> Failure {
    Failure::Slack { channel: channel.to_owned(), failure }
}

/// The message that is to be changed: its time stamp and channel.
fn known_message<'a>(
    settings: &SlackSettings,
    notification: &'a Notification,
) -> Option<(&'a str, &'a str)> {
    if !settings.update_message {
        return None;
    }
    let text = |key| match notification.receiver_data.get(key) {
        Some(ReceiverValue::Text(text)) if !text.is_empty() => Some(text.as_str()),
        _ => None,
    };
    Some((text(THREAD_KEY)?, text(CHANNEL_KEY)?))
}

/// Slack's answer to an application.
#[derive(Debug, Default, Deserialize)]
struct Accepted {
    #[serde(default)]
    ok: bool,
    #[serde(default)]
    error: String,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    ts: String,
}

/// What the answer says; where it is a failure, whether to try again.
fn accepted(contents: &[u8], is_json: bool) -> Result<Accepted, (bool, SlackFailure)> {
    let body = || String::from_utf8_lossy(contents).into_owned();
    if !is_json {
        return if contents == b"ok" {
            Ok(Accepted::default())
        } else {
            Err((false, SlackFailure::RefusedText(body())))
        };
    }
    let accepted: Accepted = serde_json::from_slice(contents)
        .map_err(|source| (true, SlackFailure::NotJson { body: body(), source }))?;
    if accepted.ok { Ok(accepted) } else { Err((false, SlackFailure::Refused(accepted.error))) }
}
