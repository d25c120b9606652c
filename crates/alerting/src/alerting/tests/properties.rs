use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::prelude::*;

use super::play::Play;

const WAIT: u32 = 7;
const INTERVAL: u32 = 11;
const REPEAT: u32 = 40;

#[derive(Clone, Debug)]
enum Step {
    Fire(u8),
    Resolve(u8),
    Reload,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..5_u8).prop_map(Step::Fire),
        3 => (0..5_u8).prop_map(Step::Resolve),
        1 => Just(Step::Reload),
        1 => Just(Step::Restart),
    ]
}

/// A notification: when, to which group, why, and which alerts fired.
struct Heard {
    second: f64,
    group: &'static str,
    is_repeat: bool,
    firing: BTreeSet<String>,
    resolved: BTreeSet<String>,
}

fn parse(line: &str) -> Heard {
    let (head, alerts) = line.split_once(": ").unwrap();
    let (resolved, firing): (Vec<&str>, _) =
        alerts.split(' ').partition(|name| name.starts_with('!'));
    let is_even = |name: &str| name.trim_start_matches(['!', 'A']).parse::<u8>().unwrap() % 2 == 0;
    Heard {
        second: head.split(' ').next().unwrap().parse().unwrap(),
        group: if is_even(alerts.split(' ').next().unwrap()) { "even" } else { "odd" },
        is_repeat: head.ends_with("repeat interval elapsed"),
        firing: firing.into_iter().map(str::to_owned).collect(),
        resolved: resolved.into_iter().map(str::to_owned).collect(),
    }
}

proptest! {
    #[test]
    fn what_fires_is_told_and_nothing_is_told_twice(
        steps in prop::collection::vec((0..9_u32, step()), 1..60)
    ) {
        let mut scenario = format!("wait={WAIT} interval={INTERVAL} repeat={REPEAT} keep=true\n");
        let mut second = 0;
        // Alerts that fire, and since when.
        let mut firing: BTreeMap<u8, u32> = BTreeMap::new();
        let mut spans = Vec::new();
        for (pause, step) in &steps {
            second += pause;
            match step {
                Step::Fire(alert) => {
                    firing.entry(*alert).or_insert(second);
                    writeln!(scenario, "{second} fire A{alert}/{}", alert % 2).unwrap();
                }
                Step::Resolve(alert) => {
                    if let Some(since) = firing.remove(alert) {
                        spans.push((*alert, since, second));
                        writeln!(scenario, "{second} resolve A{alert}/{}", alert % 2).unwrap();
                    }
                }
                Step::Reload => writeln!(scenario, "{second} reload").unwrap(),
                Step::Restart => writeln!(scenario, "{second} restart").unwrap(),
            }
        }
        let end = second + 2 * REPEAT;
        writeln!(scenario, "{end} end").unwrap();
        spans.extend(firing.into_iter().map(|(alert, since)| (alert, since, end)));
        let (lines, _) = Play::run(&scenario);
        let heard: Vec<_> = lines.iter().map(|line| parse(line)).collect();

        for (alert, since, until) in spans {
            // One interval is the longest that a flush is away.
            if until - since > INTERVAL.max(WAIT) {
                let name = format!("A{alert}");
                let told = heard.iter().any(|told| told.firing.contains(&name) && told.second <= f64::from(until));
                prop_assert!(told, "{name} fired from {since} to {until}:\n{scenario}\n{lines:#?}");
            }
        }
        for group in ["even", "odd"] {
            let of_group: Vec<_> = heard.iter().filter(|told| told.group == group).collect();
            for pair in of_group.windows(2) {
                let is_same = pair[0].firing == pair[1].firing && pair[1].resolved.is_subset(&pair[0].resolved);
                let pause = pair[1].second - pair[0].second;
                if is_same || pair[1].is_repeat {
                    prop_assert!(pause > f64::from(REPEAT), "told twice within {pause} s:\n{scenario}\n{lines:#?}");
                }
            }
        }
    }
}
