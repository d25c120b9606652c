/** The questions of the first page that more than one of its parts asks. */

/** Not disks: what lives in memory fills up and empties as programs like. */
export const REAL_DISKS = 'fstype!~"tmpfs|ramfs|rootfs"';

/** The three servers with the least free memory, by what the kernel calls free or by what it calls available. */
export const LEAST_MEMORY = {
  free: 'topk(3, 1 - node_memory_MemFree_bytes / node_memory_MemTotal_bytes)',
  available: 'topk(3, 1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)',
} as const;

/** The file systems that will be full within six hours, by the trend of the last one. */
export const DISK_FULL_IN_6H = `predict_linear(node_filesystem_avail_bytes{${REAL_DISKS}}[1h], 6 * 3600) < 0 and node_filesystem_readonly == 0`;

/** The same file systems with the seconds that are left. */
export const DISK_FILLS = `node_filesystem_avail_bytes{${REAL_DISKS}} / -deriv(node_filesystem_avail_bytes{${REAL_DISKS}}[1h]) and ${DISK_FULL_IN_6H}`;

/** The free share of the three fullest file systems. */
export const FULLEST_DISKS = `bottomk(3, node_filesystem_avail_bytes{${REAL_DISKS}} / node_filesystem_size_bytes{${REAL_DISKS}})`;

/** How many file systems are watched. */
export const DISKS_WATCHED = `count(node_filesystem_avail_bytes{${REAL_DISKS}})`;
