use std::borrow::Cow;
use std::path::PathBuf;

use proptest::prelude::*;
use regain_model::MetricKind;

use super::*;

mod converting;
mod open_metrics;
mod protobuf;
mod shown;
mod text;
mod written;

/// Renders all events of a body, one a line, and the error at its end.
fn render(body: &[u8], dialect: Dialect) -> Vec<String> {
    let mut parser = Parser::new(body, dialect);
    let mut lines = Vec::new();
    loop {
        match parser.next_event() {
            Ok(Some(Event::Help { name, text })) => lines.push(format!("help {name} {text:?}")),
            Ok(Some(Event::Kind { name, kind })) => lines.push(format!("type {name} {kind}")),
            Ok(Some(Event::Unit { name, unit })) => lines.push(format!("unit {name} {unit}")),
            Ok(Some(Event::Sample(sample))) => lines.push(render_sample(&parser, sample)),
            Ok(None) => return lines,
            Err(error) => {
                lines.push(format!("error {error}"));
                return lines;
            }
        }
    }
}

fn render_sample(parser: &Parser<'_>, sample: Sample<'_>) -> String {
    let mut labels = LabelRun::new();
    series_labels(sample.series, parser.kind(), parser.dialect(), &mut labels).unwrap();
    let time = |timestamp_ms: Option<i64>| timestamp_ms.map(|ms| format!(" @{ms}"));
    let mut parts = vec![format!("{} {}", render_labels(&labels), sample.value)];
    parts.extend(time(sample.timestamp_ms));
    if let Some(exemplar) = parser.exemplar() {
        let mut labels = LabelRun::new();
        exemplar_labels(exemplar.labels, &mut labels).unwrap();
        parts.push(format!(" # {} {}", render_labels(&labels), exemplar.value));
        parts.extend(time(exemplar.timestamp_ms));
    }
    parts.concat()
}

fn render_labels(labels: &[(Cow<'_, str>, Cow<'_, str>)]) -> String {
    let pairs: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("|")
}

fn conformance(name: &str) -> Option<Vec<u8>> {
    // The folder is named by the environment or found beside the workspace.
    let root = option_env!("REGAIN_CONFORMANCE").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance")),
        PathBuf::from,
    );
    std::fs::read(root.join("textparse").join(name)).ok()
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn real_expositions_are_read_to_their_end() {
    for (name, dialect) in [
        ("alltypes.237mfs.prom.txt", Dialect::Text),
        ("alltypes.237mfs.nometa.prom.txt", Dialect::Text),
        ("alltypes.5mfs.om.txt", Dialect::OpenMetrics),
        ("1histogram.om.txt", Dialect::OpenMetrics),
    ] {
        let Some(body) = conformance(name) else {
            eprintln!("skipped: no conformance data for {name}");
            continue;
        };
        let samples = body
            .split(|&byte| byte == b'\n')
            .filter(|line| !matches!(line.first(), None | Some(b'#')))
            .count();
        let lines = render(&body, dialect);
        let is_sample = |line: &&String| line.starts_with("__name__");
        assert!(!lines.iter().any(|line| line.starts_with("error")), "{name}: {:?}", lines.last());
        assert_eq!(lines.iter().filter(is_sample).count(), samples, "{name}");
    }
}

#[test]
fn a_predicted_line_reads_as_the_same_line_unpredicted() {
    for (line, dialect) in [
        ("a 1\n", Dialect::Text),
        ("a{b=\"c\"} 1.5e3 17\n", Dialect::Text),
        ("a{b=\"c\"} -7", Dialect::Text),
        ("a\t\t3\n", Dialect::Text),
        ("a{b=\"c\"} 1.5 17.25\n", Dialect::OpenMetrics),
        ("a{b=\"c\"} 1 # {t=\"x\"} 0.5 3\n", Dialect::OpenMetrics),
    ] {
        let mut plain = Parser::new(line.as_bytes(), dialect);
        let Some(Event::Sample(expected)) = plain.next_event().unwrap() else { panic!("{line}") };
        let mut predicting = Parser::new(line.as_bytes(), dialect);
        assert_eq!(predicting.predicted(expected.series), Some(expected), "{line}");
        assert_eq!(predicting.exemplar(), plain.exemplar());
    }
}

#[test]
fn a_wrong_prediction_changes_nothing() {
    let body = b"ab{x=\"1\"} 1\n";
    for wrong in ["a", "ab", "ab{x=\"2\"}", "ab{x=\"1\"} 1\n"] {
        let mut parser = Parser::new(body, Dialect::Text);
        assert_eq!(parser.predicted(wrong.as_bytes()), None, "{wrong}");
        let Some(Event::Sample(sample)) = parser.next_event().unwrap() else { panic!("{wrong}") };
        assert_eq!(sample.series, b"ab{x=\"1\"}");
    }
    let mut parser = Parser::new(b"ab {x=\"1\"} 1\n", Dialect::Text);
    assert_eq!(parser.predicted(b"ab"), None);
    assert!(parser.predicted(b"ab {x=\"1\"}").is_some());
}

#[test]
fn known_metadata_lines_can_be_passed_over() {
    let mut parser = Parser::new(b"# TYPE a summary\na{quantile=\"1\"} 1\n", Dialect::Text);
    let line = parser.metadata_line().unwrap();
    parser.skip_metadata_line(line, Some(MetricKind::Summary));
    assert_eq!((parser.kind(), parser.metadata_line()), (MetricKind::Summary, None));
    assert!(matches!(parser.next_event(), Ok(Some(Event::Sample(_)))));
}

proptest! {
    #[test]
    fn no_bytes_panic(body: Vec<u8>) {
        render(&body, Dialect::Text);
        render(&body, Dialect::OpenMetrics);
    }

    #[test]
    fn no_nearly_right_text_panics(body in r#"((# (HELP|TYPE|UNIT|EOF) ?)?[a{}="\\\n ,1#eN\.\-µ]{0,12}){0,9}"#) {
        render(body.as_bytes(), Dialect::Text);
        render(body.as_bytes(), Dialect::OpenMetrics);
    }

    #[test]
    fn written_series_read_back(name in "[a-z.]{1,5}", label in "[a-zµ]{1,4}", value in r#"[a"\\n\n é]{0,9}"#, number: f64) {
        use crate::{Format, LabelPair, MetricFamily, encode};
        let family = MetricFamily::gauge(name.clone(), value.clone())
            .with(vec![LabelPair::new(label.clone(), value.clone())], number);
        let body = encode(&[family], Format::TEXT).unwrap();
        let mut parser = Parser::new(&body, Dialect::Text);
        prop_assert_eq!(
            parser.next_event().unwrap(),
            Some(Event::Help { name: &name, text: Cow::Borrowed(&value) })
        );
        parser.next_event().unwrap();
        let Some(Event::Sample(sample)) = parser.next_event().unwrap() else { panic!("no sample") };
        prop_assert!(number.is_nan() || sample.value.total_cmp(&number).is_eq() || number == 0.0);
        let mut labels = LabelRun::new();
        series_labels(sample.series, MetricKind::Gauge, Dialect::Text, &mut labels).unwrap();
        prop_assert_eq!(render_labels(&labels), format!("__name__={name}|{label}={value}"));
    }
}
