//! The sections `time_intervals` and `mute_time_intervals`, the older name of the same.

use std::fmt::Display;
use std::sync::Arc;

use regain_alerting::settings::NamedIntervals;
use regain_alerting::time_interval::{IntervalError, Location, Range, TimeInterval, TimeRange};
use regain_yaml::{Mistakes, Node, Section, Span, Value};

use super::context::Context;
use crate::marshal::Fields;

/// The two lists.
#[derive(Clone, Copy, Debug)]
pub(super) enum IntervalList {
    Mute,
    Time,
}

/// Intervals under one name, and the place of the name.
#[derive(Clone, Debug)]
pub(super) struct Intervals {
    at: Span,
    pub(super) named: NamedIntervals,
}

impl IntervalList {
    const fn key(self) -> &'static str {
        match self {
            Self::Mute => "mute_time_intervals",
            Self::Time => "time_intervals",
        }
    }

    /// What an item is called in messages.
    const fn item(self) -> &'static str {
        match self {
            Self::Mute => "mute time interval",
            Self::Time => "time interval",
        }
    }

    pub(super) fn decode(self, section: &mut Section<'_>, context: &Context<'_>) -> Vec<Intervals> {
        section.list(self.key(), |node, _| self.decode_item(node, context))
    }

    fn decode_item(self, node: &Node, context: &Context<'_>) -> Option<Intervals> {
        Section::read(node, "config.plain", context.mistakes, |section| {
            let name: String = section.or_zero("name");
            if name.is_empty() {
                section.rule("name", format!("missing name in {}", self.item()));
            }
            Intervals {
                at: section.place_of("name"),
                named: NamedIntervals {
                    name: name.into(),
                    intervals: section.list("time_intervals", decode_interval),
                },
            }
        })
    }
}

/// Notes names that occur twice, the two lists being one; hands out all names.
pub(super) fn check_unique(
    mute: &[Intervals],
    time: &[Intervals],
    context: &Context<'_>,
) -> Vec<Arc<str>> {
    let mut names: Vec<Arc<str>> = Vec::new();
    for (list, intervals) in [(IntervalList::Mute, mute), (IntervalList::Time, time)] {
        for one in intervals {
            let name = &one.named.name;
            if !name.is_empty() && names.contains(name) {
                let message = format!("{} {name:?} is not unique", list.item());
                context.mistakes.rule(one.at, message);
            }
            names.push(Arc::clone(name));
        }
    }
    names
}

fn decode_interval(node: &Node, mistakes: &Mistakes) -> Option<TimeInterval> {
    Section::read(node, "timeinterval.TimeInterval", mistakes, |section| TimeInterval {
        times: present(section, "times", decode_times),
        weekdays: present(section, "weekdays", |node, mistakes| {
            parsed(node, mistakes, Range::weekdays)
        }),
        days_of_month: present(section, "days_of_month", |node, mistakes| {
            parsed(node, mistakes, Range::days_of_month)
        }),
        months: present(section, "months", |node, mistakes| parsed(node, mistakes, Range::months)),
        years: present(section, "years", |node, mistakes| parsed(node, mistakes, Range::years)),
        location: section.parsed("location", Location::parse),
    })
}

/// A list, which differs from an empty one where the key is absent or has no value.
fn present<T>(
    section: &mut Section<'_>,
    key: &'static str,
    read: impl FnMut(&Node, &Mistakes) -> Option<T>,
) -> Option<Vec<T>> {
    let given = section.peek(key).is_some_and(|node| !node.is_null());
    let items = section.list(key, read);
    given.then_some(items)
}

fn decode_times(node: &Node, mistakes: &Mistakes) -> Option<TimeRange> {
    let read = |section: &mut Section<'_>| {
        let start: String = section.or_zero("start_time");
        let end: String = section.or_zero("end_time");
        noted(TimeRange::parse(&start, &end), section.at(), mistakes)
    };
    Section::read(node, "timeinterval.yamlTimeRange", mistakes, read).flatten()
}

fn parsed(
    node: &Node,
    mistakes: &Mistakes,
    parse: impl Fn(&str) -> Result<Range, IntervalError>,
) -> Option<Range> {
    let text: String = regain_yaml::Decode::decode(node, mistakes)?;
    noted(parse(&text), node.span, mistakes)
}

fn noted<T>(parsed: Result<T, IntervalError>, at: Span, mistakes: &Mistakes) -> Option<T> {
    parsed.map_err(|error| mistakes.rule(at, error.to_string())).ok()
}

impl IntervalList {
    /// Writes the list unless it is empty.
    ///
    /// Upstream asks its writer to put the location into brackets, which a text ignores and the next item
    /// of a list obeys: it stands in braces.
    pub(super) fn write(self, all: &[Intervals], fields: &mut Fields) {
        let mut in_braces = false;
        let mut items = Vec::new();
        for Intervals { named, .. } in all {
            let style = std::mem::take(&mut in_braces);
            let mut intervals = Vec::new();
            for interval in &named.intervals {
                let value = Fields::map(|fields| write_interval(interval, fields));
                intervals.push(styled(value, in_braces));
                in_braces = interval.location.is_some();
            }
            let value = Fields::map(|fields| {
                fields.always("name", &*named.name);
                fields.always("time_intervals", Value::List(intervals));
            });
            items.push(styled(value, style));
        }
        fields.some(self.key(), Value::List(items));
    }
}

fn styled(value: Value, in_braces: bool) -> Value {
    match value {
        Value::Map(entries) if in_braces => Value::FlowMap(entries),
        value => value,
    }
}

fn write_interval(interval: &TimeInterval, fields: &mut Fields) {
    fields.sections("times", interval.times.as_deref().unwrap_or_default(), |range, fields| {
        let [start, end] = range.texts();
        fields.always("start_time", start);
        fields.always("end_time", end);
    });
    write_ranges("weekdays", interval.weekdays.as_deref(), Range::weekdays_text, fields);
    for (key, ranges) in [
        ("days_of_month", &interval.days_of_month),
        ("months", &interval.months),
        ("years", &interval.years),
    ] {
        write_ranges(key, ranges.as_deref(), |range| range, fields);
    }
    if let Some(location) = &interval.location {
        fields.always("location", location.name());
    }
}

/// Writes ranges in brackets unless there are none.
fn write_ranges<T: Display>(
    key: &str,
    ranges: Option<&[Range]>,
    text: impl Fn(Range) -> T,
    fields: &mut Fields,
) {
    let ranges = ranges.unwrap_or_default().iter();
    let items = ranges.map(|range| Value::from(text(*range).to_string()));
    fields.some(key, Value::FlowList(items.collect()));
}
