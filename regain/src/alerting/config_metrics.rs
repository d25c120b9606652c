//! How loading the configuration of alerting went, under Alertmanager's names.

use md5::{Digest as _, Md5};
use regain_metrics::{Gauge, Registry};

use crate::clock;

/// How many bytes of the hash are shown: as many as a float holds without loss.
const HASH_BYTES: usize = 6;

/// Counts reloads.
#[derive(Clone, Debug)]
pub(crate) struct ConfigMetrics {
    hash: Gauge,
    successful: Gauge,
    success_seconds: Gauge,
}

impl ConfigMetrics {
    /// Adds the metrics to `registry`: once per registry.
    pub(crate) fn register(registry: &Registry) -> Self {
        Self {
            hash: registry.gauge(
                "alertmanager_config_hash",
                "Hash of the currently loaded alertmanager configuration. Note that this is not a \
                 cryptographically strong hash.",
            ),
            successful: registry.gauge(
                "alertmanager_config_last_reload_successful",
                "Whether the last configuration reload attempt was successful.",
            ),
            success_seconds: registry.gauge(
                "alertmanager_config_last_reload_success_timestamp_seconds",
                "Timestamp of the last successful configuration reload.",
            ),
        }
    }

    /// Notes that the configuration with this text is in force.
    pub(crate) fn succeeded(&self, text: &str) {
        self.successful.set(1.0);
        self.success_seconds.set(clock::since_epoch().as_secs() as f64);
        self.hash.set(hash(text));
    }

    /// Notes that a configuration was refused.
    pub(crate) fn failed(&self) {
        self.successful.set(0.0);
    }
}

fn hash(text: &str) -> f64 {
    let digest = Md5::digest(text.as_bytes());
    let mut bytes = [0; 8];
    bytes[..HASH_BYTES].copy_from_slice(&digest[..HASH_BYTES]);
    u64::from_le_bytes(bytes) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_beginning_of_md5_as_a_number() {
        // The hash of nothing begins with the bytes d4 1d 8c d9 8f 00.
        assert_eq!(hash("").to_bits(), 617_830_161_876.0_f64.to_bits());
    }
}
