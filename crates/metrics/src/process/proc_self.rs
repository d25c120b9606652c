//! Reads `/proc/self`: the one place of this crate that touches the file system.

use std::fs;

/// Is the kernel's unit of time in `stat` files (`USER_HZ`), the same on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// Holds what the kernel says about this process; `None` where it does not say.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ProcSelf {
    pub(super) cpu_seconds: Option<f64>,
    pub(super) start_time_seconds: Option<f64>,
    pub(super) virtual_bytes: Option<f64>,
    pub(super) resident_bytes: Option<f64>,
    pub(super) virtual_bytes_max: Option<f64>,
    pub(super) open_fds: Option<f64>,
    pub(super) fds_max: Option<f64>,
    pub(super) received_bytes: Option<f64>,
    pub(super) sent_bytes: Option<f64>,
}

impl ProcSelf {
    pub(super) fn read() -> Self {
        // A file that cannot be read says nothing, which is what `None` and the empty text mean.
        let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let open_fds = fs::read_dir("/proc/self/fd").ok().map(|entries| {
            // The directory handle is itself one of them.
            entries.count().saturating_sub(1) as f64
        });
        let mut process = Self { open_fds, ..Self::default() };
        process.parse_stat(&text("/proc/self/stat"), boot_time(&text("/proc/stat")));
        process.parse_status(&text("/proc/self/status"));
        process.parse_limits(&text("/proc/self/limits"));
        process.parse_netstat(&text("/proc/self/net/netstat"));
        process
    }

    fn parse_stat(&mut self, stat: &str, boot_time: Option<f64>) {
        // The second field is the program's name in parentheses and may hold anything, also blanks.
        let Some((_, fields)) = stat.rsplit_once(')') else { return };
        let field = |number: usize| fields.split_ascii_whitespace().nth(number - 3)?.parse().ok();
        let ticks: (Option<f64>, Option<f64>, Option<f64>) = (field(14), field(15), field(22));
        if let (Some(user), Some(system), _) = ticks {
            self.cpu_seconds = Some((user + system) / TICKS_PER_SECOND);
        }
        if let (.., Some(started)) = ticks {
            self.start_time_seconds = boot_time.map(|boot| boot + started / TICKS_PER_SECOND);
        }
    }

    fn parse_status(&mut self, status: &str) {
        let kibibytes = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key))?;
            let number: f64 = line.split_ascii_whitespace().next()?.parse().ok()?;
            Some(number * 1024.0)
        };
        self.virtual_bytes = kibibytes("VmSize:");
        self.resident_bytes = kibibytes("VmRSS:");
    }

    fn parse_limits(&mut self, limits: &str) {
        let soft = |key: &str| {
            let line = limits.lines().find_map(|line| line.strip_prefix(key))?;
            match line.split_ascii_whitespace().next()? {
                // Upstream writes the largest value there is for no limit.
                "unlimited" => Some(u64::MAX as f64),
                number => number.parse().ok(),
            }
        };
        self.fds_max = soft("Max open files");
        self.virtual_bytes_max = soft("Max address space");
    }

    fn parse_netstat(&mut self, netstat: &str) {
        let mut lines = netstat.lines().filter_map(|line| line.strip_prefix("IpExt: "));
        let (Some(names), Some(values)) = (lines.next(), lines.next()) else { return };
        let value = |name: &str| {
            let mut pairs = names.split(' ').zip(values.split(' '));
            pairs.find(|(found, _)| *found == name)?.1.parse().ok()
        };
        self.received_bytes = value("InOctets");
        self.sent_bytes = value("OutOctets");
    }
}

fn boot_time(stat: &str) -> Option<f64> {
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_process_are_understood() {
        let mut process = ProcSelf::default();
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 9 0 1234 99 88";
        process.parse_stat(stat, boot_time("cpu 1\nbtime 1000\n"));
        process.parse_status("Name:\tx\nVmSize:\t  20 kB\nVmRSS:\t  10 kB\n");
        process.parse_limits(
            "Limit   Soft Limit  Hard Limit  Units\nMax open files  1024  4096  files\n\
             Max address space  unlimited  unlimited  bytes\n",
        );
        process
            .parse_netstat("TcpExt: A B\nTcpExt: 1 2\nIpExt: X InOctets OutOctets\nIpExt: 0 5 6\n");
        let expected = ProcSelf {
            cpu_seconds: Some(2.0),
            start_time_seconds: Some(1012.34),
            virtual_bytes: Some(20_480.0),
            resident_bytes: Some(10_240.0),
            virtual_bytes_max: Some(18_446_744_073_709_551_615.0),
            open_fds: None,
            fds_max: Some(1024.0),
            received_bytes: Some(5.0),
            sent_bytes: Some(6.0),
        };
        assert_eq!(process, expected);
    }

    #[test]
    fn files_that_say_nothing_give_nothing() {
        let mut process = ProcSelf::default();
        process.parse_stat("", None);
        process.parse_stat("7 (x) S 1", Some(1.0));
        process.parse_status("VmRSS: many kB");
        process.parse_limits("Max open files");
        process.parse_netstat("IpExt: InOctets\n");
        assert_eq!(process, ProcSelf::default());
    }

    #[test]
    fn this_process_has_memory_and_descriptors() {
        let process = ProcSelf::read();
        assert!(process.resident_bytes > Some(0.0));
        assert!(process.open_fds > Some(0.0));
    }
}
