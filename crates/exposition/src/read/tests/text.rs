use super::render;
use crate::read::{Dialect, Parser};

fn check(body: &str, expected: &[&str]) {
    assert_eq!(render(body.as_bytes(), Dialect::Text), expected, "for {body:?}");
}

#[test]
fn samples_are_read_with_any_blanks() {
    check("a 1", &["__name__=a 1"]);
    check("a\t{ b =\t\"c\" , }  1\t 5 \n", &["__name__=a|b=c 1 @5"]);
    check("a{b=\"c\" d=\"e\"}2\n", &["__name__=a|b=c|d=e 2"]);
    check("\n \n a:b_9 -Inf\n\n", &["__name__=a:b_9 -inf"]);
    check("a{} 1\n", &["__name__=a 1"]);
}

#[test]
fn quoted_names_are_read() {
    check(
        "{\"a.b\"} 1\n{\"a.b\", \"x.y\"=\"z\"} 2\n{b=\"c\", \"a\"} 3\n",
        &["__name__=a.b 1", "__name__=a.b|x.y=z 2", "__name__=a|b=c 3"],
    );
    check("{\"a\", \"b\"} 1\n", &["error line 1: metric name already set, at \"} 1\""]);
    check("a{\"b\"} 1\n", &["error line 1: metric name already set, at \"} 1\""]);
    check("{b=\"c\"} 1\n", &["error line 1: metric name not set, at \" 1\""]);
    check("{} 1\n", &["error line 1: metric name not set, at \" 1\""]);
}

#[test]
fn escapes_are_resolved() {
    check(r#"a{b="\"\\n\n\x"} 1"#, &["__name__=a|b=\"\\n\n\\x 1"]);
    check("a{b=\"one\ntwo\"} 1\n", &["__name__=a|b=one\ntwo 1"]);
    check("# HELP a b\\\\c\\nd\\\"\n", &[r#"help a "b\\c\nd\\\"""#]);
}

#[test]
fn metadata_is_read() {
    check(
        "# HELP a  two words \n# TYPE a untyped\n#\tHELP\tb\n# TYPE \"c.d\" gauge\n",
        &["help a \" two words \"", "type a unknown", "help b \"\"", "type c.d gauge"],
    );
    check("# just talk\n#HELP a b\n# HELPX\n# TYPES a b\n#\n# UNIT a b\n", &[]);
    check("# TYPE a info\n", &["error line 1: invalid metric type, at \"# TYPE a info\""]);
    check("# HELP 1 b\n", &["error line 1: expected metric name after HELP, at \"# HELP 1 b\""]);
}

#[test]
fn bounds_of_typed_families_are_brought_into_one_form() {
    check(
        "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\",quantile=\"1\"} 1\n\
         # TYPE s summary\ns{quantile=\"1e-3\"} 1\n# TYPE g gauge\ng{le=\"1\"} 1\n",
        &[
            "type h histogram",
            "__name__=h_bucket|le=1.0 1",
            "__name__=h_bucket|le=+Inf|quantile=1 1",
            "type s summary",
            "__name__=s|quantile=0.001 1",
            "type g gauge",
            "__name__=g|le=1 1",
        ],
    );
}

#[test]
fn every_nan_is_the_normal_one() {
    check("a NaN\nb nAn\n", &["__name__=a NaN", "__name__=b NaN"]);
}

#[test]
fn mistakes_name_their_line() {
    check("a 1\nb\n", &["__name__=a 1", "error line 2: expected value after metric, at \"\""]);
    check("a x\n", &["error line 1: invalid syntax of a number, at \"x\""]);
    check("a 1\r\n", &["error line 1: invalid syntax of a number, at \"1\\r\""]);
    check("a 1 -5\n", &["error line 1: expected timestamp or new record, at \"-5\""]);
    check("a 1 5 6\n", &["error line 1: expected next entry after timestamp, at \"6\""]);
    check(
        "a 1 99999999999999999999\n",
        &["error line 1: invalid timestamp, at \"99999999999999999999\""],
    );
    check("a{b=\"c 1\n", &["error line 1: expected label value, at \"\\\"c 1\""]);
    check("a{b} 1\n", &["error line 1: expected equal, at \"} 1\""]);
    check("a{=\"c\"} 1\n", &["error line 1: expected label name, at \"=\\\"c\\\"} 1\""]);
    check("a{b=c} 1\n", &["error line 1: expected label value, at \"c} 1\""]);
    check("9a 1\n", &["error line 1: expected a valid start token, at \"9a 1\""]);
    let lines = render(b"a 1\na{b=\"\xff\"} 1\n", Dialect::Text);
    assert!(lines[1].starts_with("error line 2: invalid UTF-8 label value"), "{}", lines[1]);
    let lines = render(b"# HELP a \xff\n", Dialect::Text);
    assert!(lines[0].contains("help text is not a valid utf8 string"), "{}", lines[0]);
}

#[test]
fn plain_lines_are_read_in_a_run_and_others_end_it() {
    let expected: [&[u8]; 4] = [b"a", b"b{c=\"d\"}", b"e", b"f"];
    for (body, values, rest) in [
        ("a 1\nb{c=\"d\"} -2.5e3\ne NaN\nf +Inf\n", 4, ""),
        ("a 1\nb{c=\"d\"} 2\n", 2, ""),
        ("a 1\n# TYPE b gauge\nb{c=\"d\"} 2\n", 1, "# TYPE b gauge"),
        ("a 1\nb{c=\"x\"} 2\n", 1, "b{c=\"x\"} 2"),
        ("a 1\nb{c=\"d\"} 2 1000\n", 1, "b{c=\"d\"} 2 1000"),
        ("a 1\nb{c=\"d\"}  2\n", 1, "b{c=\"d\"}  2"),
        ("a 1\nb{c=\"d\"} x\n", 1, "b{c=\"d\"} x"),
        ("a 1\nb{c=\"d\"} 2", 1, "b{c=\"d\"} 2"),
        ("a 1\nb{c=\"d\"} 2 # {} 1\n", 1, "b{c=\"d\"} 2 # {} 1"),
        ("ab 1\n", 0, "ab 1"),
        ("a\t1\n", 0, "a\t1"),
        ("", 0, ""),
    ] {
        for dialect in [Dialect::Text, Dialect::OpenMetrics] {
            let mut parser = Parser::new(body.as_bytes(), dialect);
            let mut read = vec![7.0_f64];
            let count = parser.plain_values(expected.into_iter(), &mut read);
            assert_eq!((count, read.len()), (values, values + 1), "{body:?}");
            let line = body.as_bytes()[parser.pos()..].split(|&byte| byte == b'\n').next();
            assert_eq!(line, Some(rest.as_bytes()), "{body:?}");
            let mut single = Parser::new(body.as_bytes(), dialect);
            for (series, value) in expected.iter().zip(&read[1..]) {
                let sample = single.predicted(series).unwrap();
                assert_eq!(sample.value.to_bits(), value.to_bits(), "{body:?}");
            }
            assert_eq!(single.pos(), parser.pos(), "{body:?}");
        }
    }
}
