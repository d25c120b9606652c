//! What is posted to Alertmanager's API v2, byte for byte as upstream writes it.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::alert::OutgoingAlert;

/// Is Go's zero time in this format.
const ZERO_TIME: &str = "0001-01-01T00:00:00.000Z";

/// Returns the body of a request that sends `alerts`.
pub(super) fn payload(alerts: &[Arc<OutgoingAlert>]) -> String {
    let mut json = String::from("[");
    for (index, alert) in alerts.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        push_alert(&mut json, alert);
    }
    json.push(']');
    json
}

fn push_alert(json: &mut String, alert: &OutgoingAlert) {
    json.push('{');
    if !alert.annotations.is_empty() {
        json.push_str("\"annotations\":");
        let texts = alert.annotations.iter();
        push_map(json, texts.map(|(name, text)| (name.as_str(), text.as_str())));
        json.push(',');
    }
    json.push_str("\"endsAt\":");
    push_time(json, Some(alert.ends_at));
    json.push_str(",\"startsAt\":");
    push_time(json, alert.starts_at);
    json.push(',');
    if !alert.generator_url.is_empty() {
        json.push_str("\"generatorURL\":");
        push_text(json, &alert.generator_url);
        json.push(',');
    }
    json.push_str("\"labels\":");
    push_map(json, alert.labels.iter());
    json.push('}');
}

fn push_time(json: &mut String, time: Option<Duration>) {
    let text = time.and_then(|time| {
        let millis = i64::try_from(time.as_millis()).ok()?;
        let instant = Timestamp::from_millisecond(millis).ok()?;
        Some(instant.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
    });
    push_text(json, text.as_deref().unwrap_or(ZERO_TIME));
}

fn push_map<'a>(json: &mut String, pairs: impl Iterator<Item = (&'a str, &'a str)>) {
    json.push('{');
    for (index, (name, value)) in pairs.enumerate() {
        if index > 0 {
            json.push(',');
        }
        push_text(json, name);
        json.push(':');
        push_text(json, value);
    }
    json.push('}');
}

/// Writes a text as Go's encoder does, which escapes what HTML could take for its own.
fn push_text(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\u{8}' => json.push_str("\\b"),
            '\u{c}' => json.push_str("\\f"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                write!(json, "\\u{:04x}", u32::from(character)).expect("a string takes all text");
            }
            _ => json.push(character),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use regain_model::Labels;

    use super::*;
    use crate::settings::Texts;

    #[test]
    fn alerts_are_written_as_upstream_writes_them() {
        let alert = OutgoingAlert {
            labels: Labels::from_pairs([("alertname", "Down"), ("a", "<\u{2028}\u{1}\"\\>")]),
            annotations: [("empty".to_owned(), String::new())].into(),
            starts_at: Some(Duration::from_nanos(1_700_000_000_123_456_789)),
            ends_at: Duration::from_secs(1_700_000_060),
            generator_url: "http://h/graph?g0.expr=up&g0.tab=1".to_owned(),
        };
        let bare = OutgoingAlert {
            labels: Labels::empty(),
            annotations: Texts::new(),
            starts_at: None,
            ends_at: alert.ends_at,
            generator_url: String::new(),
        };
        assert_eq!(
            payload(&[Arc::new(alert), Arc::new(bare)]),
            concat!(
                r#"[{"annotations":{"empty":""},"endsAt":"2023-11-14T22:14:20.000Z","#,
                r#""startsAt":"2023-11-14T22:13:20.123Z","#,
                r#""generatorURL":"http://h/graph?g0.expr=up\u0026g0.tab=1","#,
                r#""labels":{"a":"\u003c\u2028\u0001\"\\\u003e","alertname":"Down"}},"#,
                r#"{"endsAt":"2023-11-14T22:14:20.000Z","startsAt":"0001-01-01T00:00:00.000Z","#,
                r#""labels":{}}]"#
            )
        );
    }
}
