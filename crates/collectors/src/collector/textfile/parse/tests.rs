use proptest::prelude::*;

use super::*;

fn names(text: &str) -> Vec<String> {
    parse(text.as_bytes()).unwrap().into_iter().map(|family| family.name).collect()
}

fn refused(text: &str) -> String {
    parse(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn gathers_families_by_name() {
    let families = parse(
        b"# HELP b Bees.\n# TYPE b counter\nb{x=\"1\"} 2\na 1\nb{y=\"2\"} 3\n# TYPE empty gauge\n",
    )
    .unwrap();
    assert_eq!(families.len(), 2);
    assert_eq!((families[0].name.as_str(), families[0].kind), ("a", MetricKind::Unknown));
    let b = &families[1];
    assert_eq!((b.help.as_deref(), b.kind), (Some("Bees."), MetricKind::Counter));
    assert_eq!(
        b.metrics[0].labels,
        [LabelPair::new("x", "1"), LabelPair::new("y", "")],
        "label names that only other series have are empty"
    );
}

#[test]
fn gathers_the_lines_of_a_histogram_and_a_summary() {
    let families = parse(
        b"# TYPE h histogram\nh_bucket{le=\"+Inf\"} 3\nh_bucket{le=\"0.5\"} 1\nh_sum 4.5\nh_count 3\n\
          # TYPE s summary\ns{quantile=\"0.9\"} 7\ns_sum 9\ns_count 2\ns_bucket 1\n",
    )
    .unwrap();
    assert_eq!(
        families[0].metrics[0].value,
        MetricValue::Histogram(HistogramValue {
            count: 3,
            sum: 4.5,
            buckets: vec![(0.5, 1), (f64::INFINITY, 3)],
        })
    );
    assert_eq!(
        families[1].metrics[0].value,
        MetricValue::Summary(SummaryValue { count: 2, sum: 9.0, quantiles: vec![(0.9, 7.0)] })
    );
    assert_eq!(families[2].name, "s_bucket", "summaries have no buckets");
}

#[test]
fn refuses_what_upstream_refuses() {
    let check = |text: &str, reason: &str| {
        let error = refused(text);
        assert!(error.contains(reason), "{text:?}: {error}");
    };
    check("a 1", "unexpected end of input stream");
    check("a 1 1700000000000\n", "client-side timestamps");
    check("# TYPE a gauge\n# TYPE a gauge\na 1\n", "second TYPE line");
    check("a 1\n# TYPE a gauge\n", "second TYPE line");
    check("# HELP a x\n# HELP a y\na 1\n", "second HELP line");
    check("# TYPE a stateset\na 1\n", "type");
    check("{\"a.b\"} 1\n", "invalid metric name");
    check("a{\"x.y\"=\"1\"} 1\n", "label name");
    check("a{x=\"1\",x=\"2\"} 1\n", "label name");
    check("a{__name__=\"b\"} 1\n", "label name");
    check("# TYPE h histogram\nh_bucket{le=\"wide\"} 1\n", "invalid le label");
    check("a one\n", "line 1");
    check("a{x=\"1} 1\n", "line 1");
}

#[test]
fn takes_odd_but_legal_text() {
    assert_eq!(names(""), [""; 0]);
    assert_eq!(names("\n\n# just a comment\n"), [""; 0]);
    assert_eq!(names("a NaN\nb +Inf\nc -1e-3\n"), ["a", "b", "c"]);
    assert_eq!(names("# HELP a\n# HELP a x\na 1\n"), ["a"]);
    assert_eq!(names("a{x=\"\\\\ \\\" \\n\",} 1\n"), ["a"]);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        drop(parse(&bytes));
    }

    #[test]
    fn no_lines_make_it_panic(
        text in "((# (TYPE|HELP) )?[ab](_sum|_count|_bucket)?(\\{(le|x|quantile)=\"[0-9a]\"\\})? ?(histogram|summary|gauge|[0-9]{1,3})\n){0,12}"
    ) {
        drop(parse(text.as_bytes()));
    }
}
