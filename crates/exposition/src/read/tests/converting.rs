use super::shown::{sample, shown};
use crate::read::{ConvertingSource, Dialect, Item, ReadOptions, Source as _, TextSource};

const CONVERT: ReadOptions = ReadOptions {
    native_histograms: true,
    classic_beside_native: false,
    custom_buckets: true,
    type_and_unit_labels: false,
    start_timestamps: false,
};
const KEEP: ReadOptions = ReadOptions { classic_beside_native: true, ..CONVERT };

fn check(options: ReadOptions, dialect: Dialect, body: &str, expected: &[&str]) {
    let lines = shown(ConvertingSource::new(body.as_bytes(), dialect, options));
    assert_eq!(lines, expected, "for {body:?}");
}

const TWO: &str = "# TYPE h histogram\nh_bucket{a=\"x\\\\y\",le=\"1\"} 2\nh_bucket{le=\"+Inf\",a=\"x\\\\y\"} 3 7000\n\
                   h_sum{a=\"x\\\\y\"} 4\nh_count{a=\"x\\\\y\"} 3\nh_bucket{le=\"2\"} 1\nh_count 1\n# TYPE b gauge\nb 1\n";

#[test]
fn the_samples_of_a_histogram_become_one() {
    check(
        CONVERT,
        Dialect::Text,
        TWO,
        &[
            "type h histogram",
            "__name__=h|a=x\\y {{schema:-53 count:3 sum:4 custom_values:[1] buckets:[2 1]}} (2 buckets)",
            "__name__=h {{schema:-53 count:1 custom_values:[2] buckets:[1]}} (1 buckets)",
            "type b gauge",
            "__name__=b 1",
        ],
    );
    check(
        KEEP,
        Dialect::Text,
        TWO,
        &[
            "type h histogram",
            "__name__=h_bucket|a=x\\y|le=1.0 2",
            "__name__=h_bucket|le=+Inf|a=x\\y 3 @7000",
            "__name__=h_sum|a=x\\y 4",
            "__name__=h_count|a=x\\y 3",
            "__name__=h|a=x\\y {{schema:-53 count:3 sum:4 custom_values:[1] buckets:[2 1]}} (2 buckets)",
            "__name__=h_bucket|le=2.0 1",
            "__name__=h_count 1",
            "__name__=h {{schema:-53 count:1 custom_values:[2] buckets:[1]}} (1 buckets)",
            "type b gauge",
            "__name__=b 1",
        ],
    );
}

#[test]
fn what_is_no_histogram_passes() {
    check(
        CONVERT,
        Dialect::Text,
        "h_bucket{le=\"1\"} 2\n# TYPE h histogram\nh_bucket{le=\"x\"} 2\nh_bucket 2\nh_total 1\nhh_count 1\n\
         # TYPE s summary\ns_sum 1\n",
        &[
            "__name__=h_bucket|le=1 2",
            "type h histogram",
            "__name__=h_bucket|le=x 2",
            "__name__=h_bucket 2",
            "__name__=h_total 1",
            "__name__=hh_count 1",
            "type s summary",
            "__name__=s_sum 1",
        ],
    );
    // What does not fit together is left out, as it is upstream.
    check(
        CONVERT,
        Dialect::Text,
        "# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"2\"} 1\nh_count 1\n",
        &["type h histogram"],
    );
}

#[test]
fn a_comment_ends_a_histogram_and_names_may_be_quoted() {
    check(
        CONVERT,
        Dialect::Text,
        "# TYPE \"x.y\" histogram\n{\"x.y_bucket\",\"ä\"=\"1\",le=\"1\"} 2\n# a comment\n{\"x.y_count\",\"ä\"=\"1\"} 4 5\n",
        &[
            "type x.y histogram",
            "__name__=x.y|ä=1 {{schema:-53 count:2 custom_values:[1] buckets:[2]}} (1 buckets)",
            "__name__=x.y|ä=1 {{schema:-53 count:4 custom_values:[] buckets:[4]}} (1 buckets) @5",
        ],
    );
}

#[test]
fn a_histogram_has_what_its_samples_had() {
    let options = ReadOptions { type_and_unit_labels: true, start_timestamps: true, ..CONVERT };
    check(
        options,
        Dialect::OpenMetrics,
        "# TYPE h_seconds histogram\n# UNIT h_seconds seconds\nh_seconds_bucket{le=\"1\"} 2 # {id=\"a\"} 1 3\n\
         h_seconds_bucket{le=\"+Inf\"} 2 # {id=\"b\"} 2\nh_seconds_created 1.5\n# TYPE c counter\nc_total 1\n# EOF\n",
        &[
            "type h_seconds histogram",
            "unit h_seconds seconds",
            "__name__=h_seconds|__type__=histogram|__unit__=seconds {{schema:-53 count:2 custom_values:[1] \
             buckets:[2]}} (1 buckets) since 1500 # id=a 1 @3000 # id=b 2",
            "type c counter",
            // The unit is the last one that was said, as it is upstream.
            "__name__=c_total|__type__=counter|__unit__=seconds 1",
        ],
    );
}

#[test]
fn predictions_read_the_same() {
    for options in [CONVERT, KEEP] {
        let mut plain = ConvertingSource::new(TWO.as_bytes(), Dialect::Text, options);
        let mut predicting = ConvertingSource::new(TWO.as_bytes(), Dialect::Text, options);
        while let Some(item) = plain.next_item().unwrap() {
            let Item::Sample(reading) = item else {
                assert_eq!(predicting.predicted(b"h"), None);
                assert_eq!(predicting.next_item(), Ok(Some(item)));
                continue;
            };
            assert_eq!(predicting.predicted(b"another"), None);
            let predicted = predicting.predicted(plain.series()).unwrap();
            assert_eq!(sample(&mut predicting, predicted), sample(&mut plain, reading));
        }
        assert_eq!(predicting.next_item(), Ok(None));
    }
}

fn starts(body: &str) -> Vec<String> {
    let options = ReadOptions { start_timestamps: true, ..ReadOptions::default() };
    let mut lines = shown(TextSource::new(body.as_bytes(), Dialect::OpenMetrics, options));
    lines.retain(|line| !line.starts_with("type "));
    lines
}

#[test]
fn created_samples_are_starts_of_the_samples_around_them() {
    let lines = starts(
        "# TYPE c counter\nc_total 1 # {t=\"x\"} 1\nc_created 1.5\nc_total{a=\"b\"} 2\nc_created{a=\"b\"} 2.5\n\
         c_total{a=\"c\"} 3\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_count 1\nh_created 3.5\nh_sum 1\n\
         h_bucket{le=\"+Inf\"} 1\n# TYPE g gauge\ng_created 4\n# EOF\n",
    );
    assert_eq!(
        lines,
        [
            "__name__=c_total 1 since 1500 # t=x 1",
            "__name__=c_total|a=b 2 since 2500",
            "__name__=c_total|a=c 3",
            "__name__=h_bucket|le=1.0 1 since 3500",
            "__name__=h_count 1 since 3500",
            "__name__=h_sum 1 since 3500",
            "__name__=h_bucket|le=+Inf 1 since 3500",
            "__name__=g_created 4",
        ]
    );
}

#[test]
fn a_created_sample_of_another_series_is_no_start() {
    let lines = starts(
        "# TYPE c counter\nc_total{a=\"1\"} 1\nc_total{a=\"2\"} 2\nc_created{a=\"2\"} 2.5\nd_total 1\nc_created 1\n# EOF\n",
    );
    assert_eq!(
        lines,
        ["__name__=c_total|a=1 1", "__name__=c_total|a=2 2 since 2500", "__name__=d_total 1"]
    );
}
