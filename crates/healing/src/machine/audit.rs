//! What the machine says about each decision, and about each decision not to act.

use std::sync::Arc;

use jiff::Timestamp;
use regain_alerting::Fingerprint;
use regain_model::Labels;

use crate::order::ExecutionId;

/// One line of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number; each is one higher than the last.
    pub sequence: u64,
    /// When, by the clock.
    pub at: Timestamp,
    /// What was decided.
    pub decision: Decision,
    /// Why, where that is one word.
    pub reason: Option<Reason>,
    /// The remediation; empty where it is none's.
    pub remediation: Arc<str>,
    /// What is healed; empty where it is nothing.
    pub target: Labels,
    /// The alert.
    pub alert: Option<Fingerprint>,
    /// The run.
    pub run: Option<ExecutionId>,
    /// The same for people.
    pub detail: String,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident => $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$about])* $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word in the audit, in metrics and in files.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The one with that word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }
    };
}

words! {
    /// What was decided.
    Decision {
        /// A run has begun; its intent is written.
        Started => "started",
        /// Nothing was begun, and the reason says why.
        NotStarted => "not_started",
        /// The backend was asked to act.
        Triggered => "triggered",
        /// The backend was asked what became of an earlier order.
        LookedUp => "looked_up",
        /// The action has ended well; whether it helped is still open.
        Acted => "acted",
        /// The target is healthy.
        Verified => "verified",
        /// An attempt, or the run, has failed.
        Failed => "failed",
        /// An attempt took too long.
        TimedOut => "timed_out",
        /// Nobody can say what became of an attempt.
        Unknown => "unknown",
        /// The run was given up, and the reason says why.
        Cancelled => "cancelled",
        /// People are told.
        Escalated => "escalated",
        /// People could not be told.
        EscalationFailed => "escalation_failed",
        /// Somebody stopped healing.
        Paused => "paused",
        /// Somebody let healing go on.
        Resumed => "resumed",
        /// A breaker stopped a remediation.
        BreakerOpened => "breaker_opened",
        /// A breaker lets a remediation go on.
        BreakerClosed => "breaker_closed",
        /// Too many targets are ill at once.
        StormBegan => "storm_began",
        /// Few enough targets are ill again.
        StormEnded => "storm_ended",
        /// A description came after a newer one and was not believed.
        Ignored => "ignored",
        /// Other settings hold from now on.
        Reloaded => "reloaded",
        /// A new process goes on with what an earlier one wrote.
        Recovered => "recovered",
    }
}

words! {
    /// Why something was decided, mostly why nothing was done.
    Reason {
        /// The target was healed a short time ago.
        Cooldown => "cooldown",
        /// The target has had all its runs.
        Limit => "limit",
        /// All targets together have had all their runs.
        GlobalLimit => "global_limit",
        /// A silence matches.
        Silenced => "silenced",
        /// Another alert inhibits it.
        Inhibited => "inhibited",
        /// A time interval mutes it.
        Muted => "muted",
        /// The alert has resolved.
        Resolved => "resolved",
        /// Somebody stopped healing.
        Paused => "paused",
        /// The remediation only shows what it would do.
        Shadow => "shadow",
        /// The target, or one that overlaps it, is being healed.
        Running => "running",
        /// The alert fires for too long, or was not described for too long.
        Stale => "stale",
        /// The alert does not fire for long enough.
        FiringFor => "firing_for",
        /// The alert lacks a label that identifies what is to be healed.
        NoTarget => "no_target",
        /// As many targets are being healed as may be.
        Busy => "busy",
        /// The guard's query has not answered yet, or says no.
        Guard => "guard",
        /// The breaker is open.
        Breaker => "breaker",
        /// Too many targets are ill at once.
        Storm => "storm",
        /// This episode was healed without success before; people know.
        Escalated => "escalated",
        /// Too many targets wait.
        QueueFull => "queue_full",
        /// The intent could not be written.
        Journal => "journal",
        /// The description is older than what is known.
        Late => "late",
        /// The remediation is off or gone.
        Off => "off",
        /// Somebody asked for it.
        Operator => "operator",
        /// It took too long.
        Timeout => "timeout",
        /// The action was refused.
        Refused => "refused",
        /// The target is not healthy after the action.
        Unverified => "unverified",
        /// Nobody can say.
        Unknown => "unknown",
        /// The action failed.
        Action => "action",
        /// No step is left.
        Exhausted => "exhausted",
    }
}
