//! A gate before a store that does not take samples yet.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::task::{Context, Poll, Waker};

/// Holds those up who have samples for a store that is still reading its log. Clones are the same gate.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Whether those who wait may pass, once that is decided.
    decided: OnceLock<bool>,
    waiting: Mutex<Vec<Waker>>,
}

impl Gate {
    /// A gate that nobody waits at.
    pub fn opened() -> Self {
        let gate = Self::default();
        gate.open();
        gate
    }

    /// Lets everybody pass from now on.
    pub fn open(&self) {
        self.decide(true);
    }

    /// Turns everybody away from now on, unless the gate is open.
    pub fn give_up(&self) {
        self.decide(false);
    }

    /// Waits until the gate opens, which it does once; false when it never will.
    pub async fn pass(&self) -> bool {
        poll_fn(|context| self.poll_pass(context)).await
    }

    fn poll_pass(&self, context: &Context<'_>) -> Poll<bool> {
        if let Some(&decided) = self.0.decided.get() {
            return Poll::Ready(decided);
        }
        let mut waiting = self.waiting();
        // Whoever decides wakes those who have got here before.
        if let Some(&decided) = self.0.decided.get() {
            return Poll::Ready(decided);
        }
        waiting.push(context.waker().clone());
        Poll::Pending
    }

    fn decide(&self, passes: bool) {
        let waiting = {
            let mut waiting = self.waiting();
            self.0.decided.get_or_init(|| passes);
            std::mem::take(&mut *waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waker>> {
        self.0.waiting.lock().expect("no holder of this lock panics")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn those_who_wait_are_woken_once_and_those_who_come_later_do_not_wait() {
        for (decide, passes) in [(Gate::open as fn(&Gate), true), (Gate::give_up, false)] {
            let (gate, woken) = (Gate::default(), Arc::new(Woken::default()));
            let waker = Waker::from(Arc::clone(&woken));
            let context = Context::from_waker(&waker);
            assert_eq!(gate.poll_pass(&context), Poll::Pending);
            assert_eq!(gate.clone().poll_pass(&context), Poll::Pending);
            decide(&gate);
            assert_eq!(woken.0.load(Ordering::SeqCst), 2);
            gate.open();
            gate.give_up();
            assert_eq!(gate.poll_pass(&context), Poll::Ready(passes));
            assert_eq!(woken.0.load(Ordering::SeqCst), 2);
        }
    }
}
