//! Mounted file systems: `/proc/1/mountinfo`, and statfs(2) on each of them.
//!
//! A statfs on a dead network mount never returns. It runs on a thread of its own, so it costs this
//! mount's series and nothing else: the mount shows `device_error="mountpoint timeout"` and is not
//! asked again until the call comes back.

mod mounts;
mod statfs;

use std::collections::BTreeSet;
use std::time::Duration;

use crate::error::{CollectError, SettingsError};
use crate::filter::{Filter, FilterFlags, FilterSettings};
use crate::roots::Roots;
use crate::run::Collector;
use crate::sink::Sink;

use mounts::Mount;
use statfs::{Answer, Space, StatPool};

const MOUNT_POINTS: FilterFlags = FilterFlags {
    include: "--collector.filesystem.mount-points-include",
    exclude: "--collector.filesystem.mount-points-exclude",
    exclude_deprecated: "--collector.filesystem.ignored-mount-points",
    include_deprecated: "--collector.filesystem.mount-points-include",
    default_exclude: "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)",
};
const FS_TYPES: FilterFlags = FilterFlags {
    include: "--collector.filesystem.fs-types-include",
    exclude: "--collector.filesystem.fs-types-exclude",
    exclude_deprecated: "--collector.filesystem.ignored-fs-types",
    include_deprecated: "--collector.filesystem.fs-types-include",
    default_exclude: "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs)$",
};

const DEFAULT_MOUNT_TIMEOUT: Duration = Duration::from_secs(5);
const DEFAULT_STAT_WORKERS: usize = 4;
/// Leaves the collector time to report what it has before the scrape gives up on it.
const REPORTING_TIME: Duration = Duration::from_millis(200);

/// Holds the flags of the filesystem collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesystemSettings {
    /// Filters mount points.
    pub mount_points: FilterSettings,
    /// Filters types of file systems.
    pub fs_types: FilterSettings,
    /// Is how long a mount may take to answer.
    pub mount_timeout: Duration,
    /// Is how many mounts are asked at the same time.
    pub stat_workers: usize,
}

impl Default for FilesystemSettings {
    fn default() -> Self {
        Self {
            mount_points: FilterSettings::default(),
            fs_types: FilterSettings::default(),
            mount_timeout: DEFAULT_MOUNT_TIMEOUT,
            stat_workers: DEFAULT_STAT_WORKERS,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Filesystem {
    roots: Roots,
    mount_points: Filter,
    fs_types: Filter,
    mount_timeout: Duration,
    pool: StatPool,
}

impl Filesystem {
    pub(crate) fn new(roots: &Roots, settings: &FilesystemSettings) -> Result<Self, SettingsError> {
        Ok(Self {
            roots: roots.clone(),
            mount_points: Filter::new(&MOUNT_POINTS, &settings.mount_points)?,
            fs_types: Filter::new(&FS_TYPES, &settings.fs_types)?,
            mount_timeout: settings.mount_timeout,
            pool: StatPool::new(settings.stat_workers),
        })
    }
}

impl Collector for Filesystem {
    fn update(&self, sink: &mut Sink) -> Result<(), CollectError> {
        let mounts: Vec<Mount> = mounts::read(&self.roots)?
            .into_iter()
            .filter(|mount| {
                !self.mount_points.ignores(&mount.point) && !self.fs_types.ignores(&mount.fs_type)
            })
            .collect();
        let now = std::time::Instant::now();
        let left = sink.deadline().saturating_duration_since(now).saturating_sub(REPORTING_TIME);
        let until = now + left.min(self.mount_timeout);
        let answers = self.pool.ask(&self.roots, &mounts, until)?;
        let mut seen = BTreeSet::new();
        for (mount, answer) in mounts.iter().zip(&answers) {
            // Upstream compares majors and minors too; what it drops then are its own duplicates.
            let key = (&mount.device, &mount.point, &mount.fs_type, answer.error());
            if seen.insert(key) {
                show(mount, answer, sink);
            }
        }
        Ok(())
    }
}

fn show(mount: &Mount, answer: &Answer, sink: &mut Sink) {
    let labels = [
        ("device", mount.device.as_str()),
        ("mountpoint", mount.point.as_str()),
        ("fstype", mount.fs_type.as_str()),
        ("device_error", answer.error()),
    ];
    let space = answer.space();
    sink.gauge(
        "node_filesystem_device_error",
        "Whether an error occurred while getting statistics for the given device.",
        &labels,
        if space.is_some() { 0.0 } else { 1.0 },
    );
    sink.gauge(
        "node_filesystem_readonly",
        "Filesystem read-only status.",
        &labels,
        // Nothing is known of a mount that hangs, its options included.
        if mount.read_only && !matches!(answer, Answer::Hangs) { 1.0 } else { 0.0 },
    );
    let Some(space) = space else { return };
    show_space(space, &labels, sink);
    sink.gauge(
        "node_filesystem_mount_info",
        "Filesystem mount information.",
        &[
            ("device", &mount.device),
            ("major", &mount.major.to_string()),
            ("minor", &mount.minor.to_string()),
            ("mountpoint", &mount.point),
        ],
        1.0,
    );
}

fn show_space(space: &Space, labels: &[(&'static str, &str)], sink: &mut Sink) {
    let gauges = [
        ("node_filesystem_size_bytes", "Filesystem size in bytes.", space.size_bytes),
        ("node_filesystem_free_bytes", "Filesystem free space in bytes.", space.free_bytes),
        (
            "node_filesystem_avail_bytes",
            "Filesystem space available to non-root users in bytes.",
            space.available_bytes,
        ),
        ("node_filesystem_files", "Filesystem total file nodes.", space.files),
        ("node_filesystem_files_free", "Filesystem total free file nodes.", space.files_free),
        // Upstream 1.12 serves the macOS number everywhere, as zero.
        (
            "node_filesystem_purgeable_bytes",
            "Filesystem space available including purgeable space (MacOS specific).",
            0.0,
        ),
    ];
    for (name, help, value) in gauges {
        sink.gauge(name, help, labels, value);
    }
}
