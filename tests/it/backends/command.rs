//! Programs of this host.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use regain_healing::order::{
    Action, Backend as _, Cancelled, CommandAction, Found, Handle, LOG_BYTES_MAX, Order, Outcome,
    Progress, Triggered, Value,
};
use regain_http::Secret;

use super::errand::{Workshop, attempt, label};

fn fixed(text: &str) -> Value {
    Value::Fixed(text.to_owned())
}

fn command(program: impl Into<PathBuf>, arguments: Vec<Value>) -> CommandAction {
    CommandAction {
        program: program.into(),
        arguments,
        env: BTreeMap::new(),
        cwd: PathBuf::from("/"),
        grace: CommandAction::GRACE,
    }
}

fn order(action: CommandAction, labels: &[(&str, &str)], number: u32) -> Order {
    attempt(Action::Command(action), labels, number)
}

/// A program that a shell interprets because its first line says so.
fn script(shop: &Workshop, text: &str) -> PathBuf {
    let path = shop.file("script");
    shop.write("script", &format!("#!/bin/sh\n{text}\n"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

async fn run(shop: &Workshop, order: &Order) -> (Outcome, String) {
    let triggered = shop.backends.trigger(order).await;
    let Triggered::Started(handle) = triggered else { panic!("{triggered:?}") };
    let outcome = shop.outcome(order, handle.clone()).await;
    (outcome, shop.backends.log(order, &handle).await.unwrap())
}

#[tokio::test]
async fn a_program_gets_its_words_and_nothing_of_this_process() {
    let shop = Workshop::new();
    let mut action = command("/usr/bin/env", Vec::new());
    action.env.insert("KEY".to_owned(), Secret::new("value"));
    let labels = [("instance", "web1"), ("größe", "$(id)"), ("alertname", "Down\"; reboot")];
    let order = order(action, &labels, 1);

    let (outcome, log) = run(&shop, &order).await;

    assert_eq!(outcome, Outcome::Succeeded);
    let mut lines: Vec<&str> = log.lines().collect();
    lines.sort_unstable();
    let id = format!("REGAIN_EXECUTION_ID={}", order.id);
    assert_eq!(
        lines,
        [
            "KEY=value",
            &format!("PATH={}", CommandAction::PATH),
            &id,
            "REGAIN_LABEL_alertname=Down\"; reboot",
            "REGAIN_LABEL_gr__e=$(id)",
            "REGAIN_LABEL_instance=web1",
            "REGAIN_REMEDIATION=clean",
        ]
    );
}

#[tokio::test]
async fn pitfall_17_a_label_is_one_word_and_no_option() {
    let shop = Workshop::new();
    let echo = || command("/bin/echo", vec![fixed("-n"), label("instance", ".*")]);
    for (number, hostile) in (1..).zip(["; rm -rf /", "$(id) `id` ${HOME}", "a b  c", "*", "'\"\\"])
    {
        let order = order(echo(), &[("instance", hostile)], number);
        assert_eq!(run(&shop, &order).await, (Outcome::Succeeded, hostile.to_owned()));
    }
    for (hostile, says) in [
        ("--help", "argument 1: the value of label \"instance\" begins with a dash"),
        ("a\nb", "argument 1: the value of label \"instance\" holds a control character"),
    ] {
        let order = order(echo(), &[("instance", hostile)], 100);
        let Triggered::Refused { why, retryable: false } = shop.backends.trigger(&order).await
        else {
            panic!("{hostile:?} was taken")
        };
        assert!(why.starts_with(says), "{why}");
        assert_eq!(shop.backends.lookup(&order).await, Found::Nothing);
    }
}

#[tokio::test]
async fn a_failure_says_how_and_a_program_that_is_not_there_never_starts() {
    let shop = Workshop::new();
    for (number, text, why) in
        [(1, "exit 3", "it exited with status 3"), (2, "kill -9 $$", "it was killed by signal 9")]
    {
        let order = order(command(script(&shop, text), Vec::new()), &[], number);
        assert_eq!(run(&shop, &order).await.0, Outcome::failed(why));
    }
    let missing = order(command(shop.file("nothing"), Vec::new()), &[], 3);
    let triggered = shop.backends.trigger(&missing).await;
    assert!(matches!(triggered, Triggered::Refused { retryable: false, .. }), "{triggered:?}");
    assert_eq!(shop.backends.lookup(&missing).await, Found::Nothing);
}

#[tokio::test]
async fn one_id_is_one_program_whatever_happens_to_this_process() {
    let shop = Workshop::new();
    let count = shop.file("count");
    let text = format!("echo once >> {}", count.display());
    let order = order(command(script(&shop, &text), Vec::new()), &[], 1);
    assert_eq!(shop.backends.lookup(&order).await, Found::Nothing);
    assert_eq!(run(&shop, &order).await.0, Outcome::Succeeded);

    let again = shop.backends.trigger(&order).await;
    assert!(matches!(again, Triggered::Unknown { .. }), "{again:?}");
    let restarted = shop.restarted();
    let found = restarted.lookup(&order).await;
    assert!(matches!(found, Found::Done(_, Outcome::Succeeded)), "{found:?}");
    let again = restarted.trigger(&order).await;
    assert!(matches!(again, Triggered::Unknown { .. }), "{again:?}");
    assert_eq!(std::fs::read_to_string(count).unwrap(), "once\n");
}

#[tokio::test]
async fn after_a_crash_a_program_is_seen_while_it_runs_and_then_unknown() {
    let shop = Workshop::new();
    let order = order(command("/bin/sleep", vec![fixed("infinity")]), &[], 1);
    let triggered = shop.backends.trigger(&order).await;
    let Triggered::Started(handle) = triggered else { panic!("{triggered:?}") };

    let restarted = shop.restarted();
    let found = restarted.lookup(&order).await;
    assert!(matches!(found, Found::Running(_)), "{found:?}");
    let progress = restarted.poll(&order, &handle).await;
    assert!(matches!(progress, Progress::Running { .. }), "{progress:?}");

    // The crash came before the program's end was recorded.
    let mark = shop.file("marks").join(order.id.as_str());
    let before = std::fs::read_to_string(&mark).unwrap();
    assert_eq!(shop.backends.cancel(&order, &handle).await, Cancelled::Stopped);
    shop.write(&format!("marks/{}", order.id), &before);
    let found = restarted.lookup(&order).await;
    assert!(matches!(found, Found::Unknown { .. }), "{found:?}");
    let progress = restarted.poll(&order, &handle).await;
    assert!(matches!(progress, Progress::Lost { .. }), "{progress:?}");
}

#[tokio::test]
async fn a_program_and_its_children_end_at_the_deadline() {
    let shop = Workshop::new();
    // It does not end when it is asked to, and neither does its child.
    let text = "trap '' TERM\nsleep infinity &\necho $!\nwait\nwait";
    let mut order = order(command(script(&shop, text), Vec::new()), &[], 1);
    order.deadline = Duration::from_millis(300);
    let Action::Command(action) = &*order.action else { panic!("another kind") };
    let action = CommandAction { grace: Duration::from_millis(50), ..action.clone() };
    order.action = std::sync::Arc::new(Action::Command(action));

    let (outcome, log) = run(&shop, &order).await;

    assert_eq!(outcome, Outcome::failed("it was killed after 300ms"));
    let child = PathBuf::from("/proc").join(log.trim());
    let gone = || match std::fs::read_to_string(child.join("stat")) {
        // Dead, and not yet taken away by whoever inherited it.
        Ok(stat) => stat.contains(") Z "),
        Err(_) => true,
    };
    while !gone() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_end_of_a_long_output_is_kept() {
    let shop = Workshop::new();
    let text = "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; echo oops >&2";
    let order = order(command(script(&shop, text), Vec::new()), &[], 1);
    let (outcome, log) = run(&shop, &order).await;
    assert_eq!(outcome, Outcome::Succeeded);
    assert!(log.len() <= LOG_BYTES_MAX && log.starts_with("line "), "{log:.40}");
    assert!(log.contains("line 19999\n") && log.contains("oops\n"));
    assert_eq!(shop.backends.link(&order, &Handle(String::new())), None);
}

#[tokio::test]
async fn a_program_that_leaves_its_output_to_a_daemon_is_over_all_the_same() {
    let shop = Workshop::new();
    let text = "setsid sleep 5 &\necho started";
    let order = order(command(script(&shop, text), Vec::new()), &[], 1);
    assert_eq!(run(&shop, &order).await, (Outcome::Succeeded, "started\n".to_owned()));
}
