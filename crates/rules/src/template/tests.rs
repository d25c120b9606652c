use std::time::Duration;

use regain_metrics::Registry;
use regain_model::Timestamp;
use regain_promql::{Engine, ParserOptions};
use regain_storage::memory::MemoryStore;

use super::*;
use crate::ask::Ask;
use crate::external_url::ExternalUrl;
use crate::metrics::RuleMetrics;
use crate::queries::DirectQueries;
use crate::running::Running;
use crate::settings::{AlertSettings, RuleGroup, RuleKind};

/// Sat Nov 24 11:14:12 2012.
const NOW: Duration = Duration::from_secs(1_353_755_652);

/// Expands a text as an annotation of the alert `test` whose sample is `{instance="a"} 1.5`.
fn expand(text: &str) -> String {
    let store = MemoryStore::new();
    let at = Timestamp(i64::try_from(NOW.as_millis()).unwrap());
    for (instance, value) in [("b", 21.0), ("a", 11.0)] {
        let labels = Labels::from_pairs([("__name__", "metric"), ("instance", instance)]);
        store.add(&labels, [(at, value)]).unwrap();
    }
    let expr = regain_promql::parse("metric", &ParserOptions::default()).unwrap();
    let annotations = [("text".to_owned(), text.to_owned())].into();
    let kind = RuleKind::Alerting(AlertSettings { annotations, ..AlertSettings::default() });
    let rule = Rule::new("test", expr, Texts::new(), kind);
    let metrics = RuleMetrics::register(&Registry::new());
    let external_url = ExternalUrl::new("http://testhost:9090/path/prefix", "/path/prefix");
    let scene = Scene {
        slot: NOW,
        query_offset: Duration::from_secs(10),
        ask: Ask {
            queries: Arc::new(DirectQueries {
                engine: Engine::default(),
                source: Arc::new(store.clone()),
            }),
            group: Arc::new(RuleGroup {
                file: "rules.yml".into(),
                name: "group".into(),
                interval: Duration::ZERO,
                query_offset: None,
                limit: 0,
                rules: Vec::new(),
            }),
            rule: "rule".into(),
            parser: ParserOptions::default(),
            running: Arc::new(Running::new()),
            round: None,
            index: 0,
        },
        store: &store,
        external_labels: &Labels::from_pairs([("zone", "eu")]),
        external_url: &external_url,
        resend_delay: Duration::ZERO,
        templates: &metrics.templates,
    };
    let templates = RuleTemplates::new(&rule);
    let sample = Sample {
        labels: Labels::from_pairs([("instance", "a")]),
        time: at,
        value: 1.5,
        histogram: None,
    };
    let (_, mut annotations) = templates.stage(&scene).expand(&sample);
    annotations.remove("text").unwrap()
}

fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(expand(text), *expected, "{text}");
    }
}

#[test]
fn texts_see_the_alert_and_the_server() {
    check(&[
        ("plain } text", "plain } text"),
        ("{{ $value }} {{ .Value }}", "1.5 1.5"),
        ("{{ $labels.instance }}:{{ .Labels.instance }}:{{ $labels.missing }}:", "a:a::"),
        ("{{ $externalLabels.zone }} {{ $externalURL }}", "eu http://testhost:9090/path/prefix"),
        ("{{ pathPrefix }} {{ externalURL }}", "/path/prefix http://testhost:9090/path/prefix"),
        ("{{ now }}", "1.353755652e+09"),
        ("{{ if gt $value 1.0 }}high{{ else }}low{{ end }}", "high"),
    ]);
}

#[test]
fn queries_are_asked_at_the_slot() {
    check(&[
        ("{{ query \"1.5\" | first | value }}", "1.5"),
        ("{{ query \"metric{instance='a'}\" | first | value }}", "11"),
        ("{{ query \"metric{instance='a'}\" | first | label \"instance\" }}", "a"),
        ("{{ query \"metric{instance='a'}\" | first | label \"foo\" }}", ""),
        ("{{ query \"label_replace(metric, '__value__', 'x', '', '')\" | first | strvalue }}", "x"),
        (
            "{{ $x := query \"metric\" | sortByLabel \"instance\" | first }}{{ $x.Labels.instance }}",
            "a",
        ),
        (
            "{{ range query \"metric\" | sortByLabel \"instance\" }}{{.Labels.instance}}:{{.Value}}: {{end}}",
            "a:11: b:21: ",
        ),
        ("{{ with query \"missing\" }}some{{ else }}none{{ end }}", "none"),
        ("{{ query \"metric\" | len }}", "2"),
    ]);
}

#[test]
fn numbers_are_written_for_people() {
    check(&[
        (
            "{{ humanize 0.0 }}:{{ humanize 1.0 }}:{{ humanize 1234567.0 }}:{{ humanize .12 }}",
            "0:1:1.235M:120m",
        ),
        ("{{ humanize \"+Inf\" }}:{{ humanize \"NaN\" }}:{{ humanize -5 }}", "+Inf:NaN:-5"),
        (
            "{{ humanize1024 0.0 }}:{{ humanize1024 1048576.0 }}:{{ humanize1024 .12 }}",
            "0:1Mi:0.12",
        ),
        (
            "{{ range $s := args \"0\" \"1\" \"60\" \"3600\" \"86400\" \"-183845\" \"899.99\" }}{{ humanizeDuration . }}:{{ end }}",
            "0s:1s:1m 0s:1h 0m 0s:1d 0h 0m 0s:-2d 3h 4m 5s:14m 59s:",
        ),
        (
            "{{ humanizeDuration .1 }}:{{ humanizeDuration .0001 }}:{{ humanizeDuration 1.2345 }}:{{ humanizeDuration 12.345 }}",
            "100ms:100us:1.234s:12.35s",
        ),
        (
            "{{ -0.22222 | humanizePercentage }}:{{ 1.23456 | humanizePercentage }}",
            "-22.22%:123.5%",
        ),
        ("{{ 1435065584.128 | humanizeTimestamp }}", "2015-06-23 13:19:44.128 +0000 UTC"),
        ("{{ \"NaN\" | humanizeTimestamp }}", "NaN"),
        ("{{ (1435065584.128 | toTime).Format \"2006\" }}", "2015"),
        ("{{ (1800 | toDuration).String }} {{ toDuration 1.5 }}", "30m0s 1.5s"),
        ("{{ (now | toTime).Format \"Mon Jan 2 15:04:05 2006\" }}", "Sat Nov 24 11:14:12 2012"),
        (
            "{{ (\"-30m\" | parseDuration | toDuration | (now | toTime).Add).UnixMilli }}",
            "1353753852000",
        ),
        ("{{ printf \"%0.2f\" (parseDuration \"-1h2m10ms\") }}", "-3720.01"),
    ]);
}

#[test]
fn texts_are_worked_on() {
    check(&[
        ("{{ reReplaceAll \"(a)b\" \"x$1\" \"ab\" }}", "xa"),
        ("{{ match \"a+\" \"baa\" }} {{ match \"a+\" \"b\" }}", "true false"),
        (
            "{{ \"aa bb CC\" | title }} {{ \"aa\" | toUpper }} {{ \"aA\" | toLower }}",
            "Aa Bb CC AA aa",
        ),
        ("{{ graphLink \"up > 1\" }}", "/graph?g0.expr=up+%3E+1&g0.tab=0"),
        ("{{ tableLink \"up\" }}", "/graph?g0.expr=up&g0.tab=1"),
        ("{{ \"<b>\" | safeHtml }} {{ urlQueryEscape \"a b&\" }}", "<b> a+b%26"),
        ("{{define \"x\"}}{{.arg0}} {{.arg1}}{{end}}{{template \"x\" (args 1 \"2\")}}", "1 2"),
        ("{{ \"foo.example.com\" | stripPort }}", "foo.example.com"),
        ("{{ \"foo.example.com:12345\" | stripPort }}", "foo.example.com"),
        ("{{ \"2001:0DB8::1\" | stripPort }}", "2001:0DB8::1"),
        ("{{ \"[2001:0DB8::1]:12345\" | stripPort }}", "2001:0DB8::1"),
        ("{{ \"[2001:0DB8::1]::12345\" | stripPort }}", "[2001:0DB8::1]::12345"),
        ("{{ \"foo.example.com\" | stripDomain }}", "foo"),
        ("{{ \"foo.example.com:12345\" | stripDomain }}", "foo:12345"),
        ("{{ \"192.0.2.1:12345\" | stripDomain }}", "192.0.2.1:12345"),
        ("{{ \"2001:0DB8::1\" | stripDomain }}", "2001:0DB8::1"),
        ("{{ \"[2001:0DB8::1]::12345\" | stripDomain }}", "[2001:0DB8::1]::12345"),
    ]);
}

/// Columns are counted behind the prelude, as upstream counts them.
#[test]
fn a_text_that_fails_comes_out_as_its_failure() {
    let prelude = PRELUDE.len();
    let executing = |column: usize, node: &str, message: &str| {
        format!(
            "<error expanding template: error executing template __alert_test: template: \
             __alert_test:1:{}: executing \"__alert_test\" at <{node}>: {message}>",
            prelude + column
        )
    };
    for (text, expected) in [
        (
            "{{ humanize \"one\" }}",
            executing(
                3,
                "humanize \"one\"",
                "error calling humanize: strconv.ParseFloat: parsing \"one\": invalid syntax",
            ),
        ),
        (
            "{{ query \"missing\" | first }}",
            executing(
                21,
                "first",
                "error calling first: first() called on vector with no elements",
            ),
        ),
        (
            "{{ (query \"missing\").banana }}",
            executing(
                10,
                "\"missing\"",
                "can't evaluate field banana in type template.queryResult",
            ),
        ),
        (
            "{{ humanizeTimestamp 1e300 }}",
            executing(
                3,
                "humanizeTimestamp 1e300",
                "error calling humanizeTimestamp: 1e+300 cannot be represented as a nanoseconds \
                 timestamp since it overflows int64",
            ),
        ),
        (
            "{{ query \"sum(\" }}",
            executing(
                3,
                "query \"sum(\"",
                "error calling query: 1:5: parse error: unclosed left parenthesis",
            ),
        ),
        (
            "{{ $nothing }}",
            "<error expanding template: error parsing template __alert_test: template: \
             __alert_test:1: undefined variable \"$nothing\">"
                .to_owned(),
        ),
    ] {
        assert_eq!(expand(text), expected, "{text}");
    }
}

#[test]
fn mistakes_are_found_without_an_evaluation() {
    assert_eq!(check_template("a", "{{ query \"up\" | first | value }} {{ now }}"), Ok(()));
    let mistake = check_template("a", "x\n{{ nothing }}").unwrap_err();
    assert_eq!(mistake.to_string(), "template: __alert_a:2: function \"nothing\" not defined");
    assert!((4..14).contains(&mistake.offset), "{mistake:?}");
}
