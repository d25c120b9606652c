//! The distribution, from os-release(5).

mod release;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::error::CollectError;
use crate::roots::{Roots, read_text};
use crate::run::Collector;
use crate::sink::Sink;

use release::Release;

/// Are the places of the file; the first one is the administrator's.
const FILES: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];

/// Are the labels of `node_os_info` with the variables they come from.
const LABELS: [(&str, &str); 12] = [
    ("build_id", "BUILD_ID"),
    ("id", "ID"),
    ("id_like", "ID_LIKE"),
    ("image_id", "IMAGE_ID"),
    ("image_version", "IMAGE_VERSION"),
    ("name", "NAME"),
    ("pretty_name", "PRETTY_NAME"),
    ("variant", "VARIANT"),
    ("variant_id", "VARIANT_ID"),
    ("version", "VERSION"),
    ("version_codename", "VERSION_CODENAME"),
    ("version_id", "VERSION_ID"),
];

#[derive(Debug)]
pub(crate) struct Os {
    roots: Roots,
}

impl Os {
    pub(crate) fn new(roots: &Roots) -> Self {
        Self { roots: roots.clone() }
    }

    fn release(&self) -> Result<Release, CollectError> {
        for file in FILES {
            let path = self.roots.host(file);
            match read_text(&path) {
                Ok(text) => return Ok(Release::parse(&path, &text)),
                Err(error) if error.is_missing() => {}
                Err(error) => return Err(error),
            }
        }
        Err(CollectError::NoData)
    }
}

impl Collector for Os {
    fn update(&self, sink: &mut Sink) -> Result<(), CollectError> {
        let release = self.release()?;
        let labels = LABELS.map(|(label, variable)| (label, release.get(variable)));
        sink.gauge(
            "node_os_info",
            "A metric with a constant '1' value labeled by build_id, id, id_like, image_id, image_version, \
             name, pretty_name, variant, variant_id, version, version_codename, version_id.",
            &labels,
            1.0,
        );
        if let Some(version) = major_minor(release.get("VERSION_ID")) {
            sink.gauge(
                "node_os_version",
                "Metric containing the major.minor part of the OS version.",
                &[
                    ("id", release.get("ID")),
                    ("id_like", release.get("ID_LIKE")),
                    ("name", release.get("NAME")),
                ],
                version,
            );
        }
        if let Some(end) = support_end_s(release.get("SUPPORT_END")) {
            sink.gauge(
                "node_os_support_end_timestamp_seconds",
                "Metric containing the end-of-life date timestamp of the OS.",
                &[],
                end as f64,
            );
        }
        Ok(())
    }
}

/// Reads the number a version starts with, such as 20.04 of `20.04.2`.
fn major_minor(version: &str) -> Option<f64> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let major = digits(version);
    let (_, rest) = version.split_at_checked(major)?;
    let end = match rest.strip_prefix('.') {
        Some(minor) => major + 1 + digits(minor),
        None => major,
    };
    version.get(..end)?.parse().ok().filter(|version| *version > 0.0)
}

/// Reads a date such as `2027-05-31` as the start of that day, UTC.
fn support_end_s(date: &str) -> Option<i64> {
    // The parser of dates also takes forms that os-release(5) does not know.
    let date: Date = (date.len() == "2027-05-31".len()).then(|| date.parse().ok())??;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_start_of_a_version() {
        let check = |version, expected| assert_eq!(major_minor(version), expected, "{version}");
        check("20.04", Some(20.04));
        check("20.04.2", Some(20.04));
        check("12", Some(12.0));
        check("12.", Some(12.0));
        check("12-beta", Some(12.0));
        check("", None);
        check("rolling", None);
        check("0", None);
    }

    #[test]
    fn reads_the_end_of_support() {
        let check = |date, expected| assert_eq!(support_end_s(date), expected, "{date}");
        check("2027-05-31", Some(1_811_721_600));
        check("20270531", None);
        check("2027-13-01", None);
        check("", None);
    }
}
