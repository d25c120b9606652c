use super::play::Play;

/// What is played, by name.
const SCENARIOS: &[(&str, &str)] = &[
    (
        "a group waits and is told at once of all that came meanwhile",
        "
        wait=10 interval=60 repeat=600
        0 fire A
        5 fire B
        10 > r first notification: A B
        12 fire C
        70 > r new alerts added: A B C
        80 end
    ",
    ),
    (
        "nothing is said twice before the repeat interval",
        "
        wait=10 interval=60 repeat=600
        0 fire A
        10 > r first notification: A
        670 > r repeat interval elapsed: A
        700 end
    ",
    ),
    (
        "with both intervals at five seconds the cadence is ten, because the test is strict",
        "
        wait=0 interval=5 repeat=5
        0 fire A
        0 > r first notification: A
        10 > r repeat interval elapsed: A
        20 > r repeat interval elapsed: A
        22 end
    ",
    ),
    (
        "a receiver that takes its time does not make the repeat earlier",
        "
        wait=0 interval=5 repeat=5 latency=0.2
        0 fire A
        0.2 > r first notification: A
        10.2 > r repeat interval elapsed: A
        19 end
    ",
    ),
    (
        "an alert that is older than the wait is told at once",
        "
        wait=30 interval=60 repeat=600
        100 fire A 50
        100 > r first notification: A
        110 fire B 0
        160 > r new alerts added: A B
        161 end
    ",
    ),
    (
        "resolved alerts are told once and leave",
        "
        wait=0 interval=10 repeat=600
        0 fire A
        0 fire B
        0 > r first notification: A B
        3 resolve A
        10 > r some alerts resolved: !A B
        13 resolve B
        20 > r all alerts resolved: !B
        60 end
    ",
    ),
    (
        "an end that the sender did not name comes by itself",
        "
        wait=0 interval=10 repeat=600 resolve_timeout=25
        0 fire A
        0 > r first notification: A
        30 > r all alerts resolved: !A
        60 end
    ",
    ),
    (
        "what fired and resolved before the first flush is never told",
        "
        wait=30 interval=60 repeat=600
        0 fire A
        10 resolve A
        200 end
    ",
    ),
    (
        "an alert that fires again is a first notification",
        "
        wait=0 interval=10 repeat=600
        0 fire A
        0 > r first notification: A
        3 resolve A
        10 > r all alerts resolved: !A
        50 fire A
        50 > r first notification: A
        51 end
    ",
    ),
    (
        "an alert that fires again during its flush stays",
        "
        wait=0 interval=10 repeat=600 latency=2
        0 fire A
        2 > r first notification: A
        5 resolve A
        11 fire A
        12 > r all alerts resolved: !A
        22 > r first notification: A
        30 end
    ",
    ),
    (
        "a receiver without send_resolved hears of what fires only, and it is forgotten",
        "
        wait=0 interval=10 repeat=600 send_resolved=false
        0 fire A
        0 > r first notification: A
        3 resolve A
        30 fire A
        30 > r first notification: A
        31 end
    ",
    ),
    (
        "what failed is told at the next interval, with everything that resolved since",
        "
        wait=0 interval=10 repeat=600
        0 fire A
        0 > r first notification: A
        1 down
        2 fire B
        12 resolve A
        15 up
        20 > r new alerts added: !A B
        40 end
    ",
    ),
    (
        "groups by label, and a child that takes what it matches",
        "
        wait=0 interval=10 repeat=600 child=x
        0 fire A/x
        1 fire B/y
        0 > s first notification: A
        1 > r first notification: B
        3 fire C/x
        10 > s new alerts added: A C
        12 end
    ",
    ),
    (
        "every alert by itself",
        "
        wait=0 interval=10 repeat=600 by=...
        0 fire A
        0 > r first notification: A
        1 fire B
        1 > r first notification: B
        12 end
    ",
    ),
    (
        "an inhibited alert is told once the other has ended",
        "
        wait=0 interval=10 repeat=600 inhibit=Down:Slow
        0 fire Down
        0 > r first notification: Down
        1 fire Slow
        25 resolve Down
        30 > r new alerts added: !Down Slow
        35 end
    ",
    ),
    (
        "a silenced alert is told once the silence has ended",
        "
        wait=0 interval=10 repeat=600
        0 silence A
        1 fire A
        2 fire B
        11 > r first notification: B
        25 expire
        31 > r new alerts added: A B
        35 end
    ",
    ),
    (
        "a silenced alert that resolves is not told",
        "
        wait=0 interval=10 repeat=600
        0 fire A
        0 > r first notification: A
        3 silence A
        4 resolve A
        60 end
    ",
    ),
    (
        "a muted group is told after the interval",
        "
        wait=0 interval=30 repeat=600 mute=0-2
        0 fire A
        120 > r first notification: A
        130 end
    ",
    ),
    (
        "nothing is told before the start delay is over, then everything that waited",
        "
        wait=10 interval=60 repeat=600 start_delay=30
        0 fire A
        5 fire B/other
        30 > r first notification: A
        30 > r first notification: B
        35 end
    ",
    ),
    (
        "alerts beyond the most groups are not told",
        "
        wait=0 interval=10 repeat=600 groups_max=1
        0 fire A/x
        0 > r first notification: A
        1 fire B/y
        30 end
    ",
    ),
    (
        "a reload makes upstream tell what is new before its time",
        "
        wait=30 interval=300 repeat=3000
        0 fire A
        30 > r first notification: A
        40 fire B
        100 reload
        100 > r new alerts added: A B
        400 end
    ",
    ),
    (
        "with group state kept a reload changes nothing",
        "
        wait=30 interval=300 repeat=3000 keep=true
        0 fire A
        30 > r first notification: A
        40 fire B
        100 reload
        330 > r new alerts added: A B
        400 end
    ",
    ),
    (
        "with group state kept a reload that shortens the interval counts from now",
        "
        wait=30 interval=300 repeat=3000 keep=true
        0 fire A
        30 > r first notification: A
        40 fire B
        100 reload interval=20
        120 > r new alerts added: A B
        150 end
    ",
    ),
    (
        "with group state kept a flush under way outlives the reload",
        "
        wait=0 interval=10 repeat=3000 keep=true latency=3
        0 fire A
        1 reload
        3 > r first notification: A
        20 end
    ",
    ),
    (
        "upstream ends a flush under way at a reload and starts anew",
        "
        wait=0 interval=10 repeat=3000 latency=3
        0 fire A
        1 reload
        4 > r first notification: A
        20 end
    ",
    ),
    (
        "with group state kept a restart changes nothing",
        "
        wait=30 interval=300 repeat=3000 keep=true
        0 fire A
        30 > r first notification: A
        40 fire B
        100 restart
        330 > r new alerts added: A B
        400 end
    ",
    ),
    (
        "after kill -9 the timer is kept and alerts are told when their sender repeats them",
        "
        wait=30 interval=300 repeat=3000 keep=true
        0 fire A
        30 > r first notification: A
        100 kill
        110 fire A 0
        111 fire B 0
        330 > r new alerts added: A B
        400 end
    ",
    ),
    (
        "after a restart upstream begins a new cadence, and nothing is told twice",
        "
        wait=30 interval=300 repeat=3000
        0 fire A
        30 > r first notification: A
        100 restart
        110 fire A 0
        120 fire B 0
        410 > r new alerts added: A B
        500 end
    ",
    ),
    (
        "a timer that ran out while nobody was there does not count",
        "
        wait=30 interval=100 repeat=3000 keep=true
        0 fire A
        30 > r first notification: A
        50 kill
        500 fire B 499
        530 > r new alerts added: B
        600 end
    ",
    ),
    (
        "a clock that is set neither hurries nor delays a group",
        "
        wait=10 interval=60 repeat=600
        0 fire A
        5 clock 100
        110 > r first notification: A
        111 end
    ",
    ),
    (
        "a new group after the sweep waits like any other",
        "
        wait=10 interval=60 repeat=600
        0 fire A
        10 > r first notification: A
        20 resolve A
        70 > r all alerts resolved: !A
        80 sweep
        90 fire B
        100 > r first notification: B
        101 end
    ",
    ),
];

#[test]
fn notifications_come_when_and_as_upstream_sends_them() {
    let mut failed = Vec::new();
    for (name, scenario) in SCENARIOS {
        let (heard, mut expected) = Play::run(scenario);
        let time = |line: &String| line.split(' ').next().unwrap().parse::<f64>().unwrap();
        expected.sort_by(|a, b| time(a).total_cmp(&time(b)));
        let rounded: Vec<_> = heard
            .iter()
            .map(|line| {
                let (_, rest) = line.split_once(' ').unwrap();
                format!("{} {rest}", (time(line) * 1000.0).round() / 1000.0)
            })
            .collect();
        if rounded != expected {
            failed.push(format!("{name}:\n  heard    {rounded:#?}\n  expected {expected:#?}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
