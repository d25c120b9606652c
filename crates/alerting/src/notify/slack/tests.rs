//! Messages as Slack gets them, and what becomes of its answers.

use std::time::Duration;

use regain_http::{ClientConfig, Secret};

use super::super::FailureReason;
use super::super::tests::{SLACK_OK, exchange, notification, slack_json, slack_status, text};
use super::{UPDATE_URL, known_message};
use crate::settings::{SlackAction, SlackConfirmation, SlackField, SlackSettings};

fn owned(text: &str) -> String {
    text.to_owned()
}

/// The settings that upstream has where a file says nothing.
fn defaults(url: &str) -> SlackSettings {
    let named = |name: &str| format!("{{{{ template \"slack.default.{name}\" . }}}}");
    SlackSettings {
        http: ClientConfig::default(),
        api_url: Some(Secret::new(url)),
        api_url_file: None,
        app_token: Secret::default(),
        app_token_file: None,
        app_url: String::new(),
        channel: owned("#ops"),
        username: named("username"),
        color: named("color"),
        title: named("title"),
        title_link: named("titlelink"),
        pretext: named("pretext"),
        text: named("text"),
        message_text: String::new(),
        fields: Vec::new(),
        short_fields: false,
        footer: named("footer"),
        fallback: named("fallback"),
        callback_id: named("callbackid"),
        icon_emoji: named("iconemoji"),
        icon_url: named("iconurl"),
        image_url: String::new(),
        thumb_url: String::new(),
        link_names: false,
        mrkdwn_in: Vec::new(),
        actions: Vec::new(),
        update_message: false,
        timeout: Duration::ZERO,
    }
}

fn everything(url: &str) -> SlackSettings {
    SlackSettings {
        channel: owned("{{ .GroupLabels.job }}"),
        username: owned("bot"),
        title: "x".repeat(1030),
        title_link: String::new(),
        pretext: owned("p"),
        text: owned("t"),
        fallback: owned("f"),
        callback_id: owned("cb"),
        icon_emoji: owned(":x:"),
        icon_url: owned("http://i"),
        image_url: owned("http://im"),
        thumb_url: owned("http://th"),
        footer: owned("foo"),
        color: owned("#fff"),
        message_text: owned("mt"),
        link_names: true,
        mrkdwn_in: vec![owned("text")],
        short_fields: true,
        fields: vec![
            SlackField { title: owned("a"), value: owned("{{ .Status }}"), short: None },
            SlackField { title: owned("b"), value: owned("c"), short: Some(false) },
        ],
        actions: vec![
            SlackAction {
                kind: owned("button"),
                text: owned("go"),
                url: owned("{{ .ExternalURL }}"),
                ..SlackAction::default()
            },
            SlackAction {
                kind: owned("button"),
                text: owned("ask"),
                name: owned("n"),
                value: owned("v"),
                style: owned("danger"),
                confirm: Some(SlackConfirmation {
                    text: owned("sure?"),
                    title: owned("T"),
                    ok_text: owned("y"),
                    dismiss_text: owned("n"),
                }),
                ..SlackAction::default()
            },
        ],
        ..defaults(url)
    }
}

#[tokio::test]
async fn the_usual_message_is_upstreams() {
    let (told, body) = exchange(|url| defaults(&url), SLACK_OK).await;
    told.unwrap();
    assert_eq!(body, include_str!("../golden/slack1.json"));
}

#[tokio::test]
async fn a_message_with_everything_is_upstreams_and_its_title_is_cut() {
    let (told, body) = exchange(|url| everything(&url), SLACK_OK).await;
    told.unwrap();
    let title = format!("{}…", "x".repeat(1023));
    assert_eq!(body, include_str!("../golden/slack2.json").replace("TITLE", &title));
}

#[tokio::test]
async fn a_text_that_fails_leaves_gaps_but_the_message_is_sent() {
    let settings = |url: String| SlackSettings {
        text: owned("abc{{ .Nope }}def"),
        footer: owned("foot"),
        fields: vec![SlackField { title: owned("a"), value: owned("b"), short: None }],
        ..defaults(&url)
    };
    let (told, body) = exchange(settings, SLACK_OK).await;
    told.unwrap();
    assert_eq!(body, include_str!("../golden/slack3.json"));
}

#[tokio::test]
async fn answers_are_judged_by_their_kind() {
    for (answer, retry, reason, message) in [
        (
            slack_json(r#"{"ok":false,"error":"invalid_auth"}"#),
            false,
            FailureReason::ClientError,
            r##"channel "#ops": error response from Slack: invalid_auth"##,
        ),
        (
            slack_status(200, "no_service"),
            false,
            FailureReason::ClientError,
            r##"channel "#ops": received an error response from Slack: no_service"##,
        ),
        (
            slack_status(503, ""),
            true,
            FailureReason::ServerError,
            r##"channel "#ops": unexpected status code 503"##,
        ),
        (
            slack_status(404, "channel_not_found"),
            false,
            FailureReason::ClientError,
            r##"channel "#ops": unexpected status code 404: channel_not_found"##,
        ),
    ] {
        let (told, _) = exchange(|url| defaults(&url), &answer).await;
        let error = told.unwrap_err();
        assert_eq!(
            (error.retry, error.reason, error.to_string().as_str()),
            (retry, reason, message)
        );
    }
    let (told, _) = exchange(|url| defaults(&url), &slack_json("{")).await;
    assert!(told.unwrap_err().retry, "an answer that broke off may be whole next time");
}

#[tokio::test]
async fn where_messages_are_updated_the_message_is_remembered() {
    let answer = slack_json(r#"{"ok":true,"ts":"17.5","channel":"C1"}"#);
    let updating = |url: String| SlackSettings { update_message: true, ..defaults(&url) };
    let (told, _) = exchange(updating, &answer).await;
    let data = told.unwrap().receiver_data;
    assert_eq!(
        (data.get("threadTs"), data.get("channelId")),
        (Some(&text("17.5")), Some(&text("C1")))
    );
    let (told, _) = exchange(|url| defaults(&url), &answer).await;
    assert!(told.unwrap().receiver_data.is_empty(), "nobody asked for updates");
    let mut next = notification();
    next.receiver_data = data;
    let settings = updating(owned("http://unused"));
    assert_eq!(known_message(&settings, &next), Some(("17.5", "C1")));
    assert_eq!(known_message(&defaults("http://unused"), &next), None);
    assert_eq!(UPDATE_URL, "https://slack.com/api/chat.update");
}
