//! What both text formats share: names, labels, escapes and numbers.

use regain_model::is_legacy_metric_name;

use crate::escaping::EscapingScheme;
use crate::family::LabelPair;

/// Appends a number in the text format's form: Go's shortest `%g`.
pub fn append_float(out: &mut Vec<u8>, value: f64) {
    // Upstream writes both zeros as `0`.
    if value == 0.0 {
        out.push(b'0');
        return;
    }
    regain_go_format::append_float_g(out, value);
}

/// Appends a number in OpenMetrics' form, which always shows a point or an exponent.
pub(crate) fn append_open_metrics_float(out: &mut Vec<u8>, value: f64) {
    let start = out.len();
    append_float(out, value);
    if value.is_finite() && !out[start..].iter().any(|&byte| byte == b'.' || byte == b'e') {
        out.extend_from_slice(b".0");
    }
}

/// Appends text with backslash and line feed escaped, and the double quote too where asked.
pub(super) fn append_escaped(out: &mut Vec<u8>, text: &str, quotes: bool) {
    for &byte in text.as_bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'"' if quotes => out.extend_from_slice(b"\\\""),
            other => out.push(other),
        }
    }
}

/// Appends a metric or label name, quoted unless it is a classic one.
pub(super) fn append_name(out: &mut Vec<u8>, name: &str) {
    if is_legacy_metric_name(name) {
        out.extend_from_slice(name.as_bytes());
    } else {
        out.push(b'"');
        append_escaped(out, name, true);
        out.push(b'"');
    }
}

/// Is the label that a kind adds to its sub-series (`le`, `quantile`) and the number it holds.
pub(super) type ExtraLabel = Option<(&'static str, f64)>;

/// Writes the series part of sample lines: `name{a="b",le="1"}`.
#[derive(Debug, Clone, Copy)]
pub(super) struct SeriesWriter {
    pub(super) escaping: EscapingScheme,
    pub(super) append_bound: fn(&mut Vec<u8>, f64),
}

impl SeriesWriter {
    pub(super) fn append(
        self,
        out: &mut Vec<u8>,
        name: &str,
        labels: &[LabelPair],
        extra: ExtraLabel,
    ) {
        let quoted = !is_legacy_metric_name(name);
        let mut separator = b'{';
        if quoted {
            out.push(b'{');
            separator = b',';
        }
        append_name(out, name);
        for label in labels {
            out.push(separator);
            separator = b',';
            append_name(out, &self.escaping.escape(&label.name));
            out.extend_from_slice(b"=\"");
            append_escaped(out, &label.value, true);
            out.push(b'"');
        }
        if let Some((label, bound)) = extra {
            out.push(separator);
            separator = b',';
            out.extend_from_slice(label.as_bytes());
            out.extend_from_slice(b"=\"");
            (self.append_bound)(out, bound);
            out.push(b'"');
        }
        if separator == b',' {
            out.push(b'}');
        }
    }
}
