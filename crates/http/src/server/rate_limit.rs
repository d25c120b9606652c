//! The `rate_limit` of `web.yml`: a bucket of tokens for all requests of a server.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::server::web_config::RateLimit;

/// Lets as many requests through as the limit says.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    limit: RateLimit,
    state: Mutex<(f64, Instant)>,
}

impl RateLimiter {
    pub(crate) fn new(limit: RateLimit) -> Self {
        Self { limit, state: Mutex::new((f64::from(limit.burst), Instant::now())) }
    }

    /// Takes a token, if there is one.
    pub(crate) fn allow(&self) -> bool {
        self.allow_at(Instant::now())
    }

    fn allow_at(&self, now: Instant) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, last) = *state;
        let passed: Duration = now.saturating_duration_since(last);
        let gained = passed.as_secs_f64() / self.limit.interval.as_secs_f64();
        let tokens = (tokens + gained).min(f64::from(self.limit.burst));
        let allowed = tokens >= 1.0;
        *state = (if allowed { tokens - 1.0 } else { tokens }, now);
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_one_request_per_interval() {
        let limiter = RateLimiter::new(RateLimit { burst: 2, interval: Duration::from_secs(1) });
        let start = Instant::now();
        let at = |seconds: f64| limiter.allow_at(start + Duration::from_secs_f64(seconds));
        assert!(at(0.5) && at(0.5) && !at(0.5) && !at(1.0));
        assert!(at(1.6) && !at(1.6));
    }
}
