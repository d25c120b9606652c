//! What udev knows of a block device: its database keeps one file per device.

use std::path::Path;

use hashbrown::HashMap;

use crate::roots::read_text;
use crate::sink::Sink;

/// Are the numbers an ATA disk has in the database, with their families.
const ATA: [(&str, &str, &str); 3] = [
    ("ID_ATA_WRITE_CACHE", "node_disk_ata_write_cache", "ATA disk has a write cache."),
    (
        "ID_ATA_WRITE_CACHE_ENABLED",
        "node_disk_ata_write_cache_enabled",
        "ATA disk has its write cache enabled.",
    ),
    (
        "ID_ATA_ROTATION_RATE_RPM",
        "node_disk_ata_rotation_rate_rpm",
        "ATA disk rotation rate in RPMs (0 for SSDs).",
    ),
];

/// Holds the `E:` entries of one device.
#[derive(Debug, Default)]
pub(super) struct Properties(HashMap<String, String>);

impl Properties {
    /// Reads a device's entries; a device that udev does not know has none.
    pub(super) fn read(database: &Path, major: u32, minor: u32) -> Self {
        let Ok(text) = read_text(&database.join(format!("b{major}:{minor}"))) else {
            return Self::default();
        };
        Self(
            text.lines()
                .filter_map(|line| line.strip_prefix("E:")?.split_once('='))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Gives the serial number printed on the disk, or the nearest thing udev has to it.
    fn serial(&self) -> &str {
        ["SCSI_IDENT_SERIAL", "ID_SERIAL_SHORT", "ID_SERIAL"]
            .into_iter()
            .map(|name| self.get(name))
            .find(|serial| !serial.is_empty())
            .unwrap_or_default()
    }

    pub(super) fn show_info(
        &self,
        device: &str,
        (major, minor): (u32, u32),
        rotational: &str,
        sink: &mut Sink,
    ) {
        sink.gauge(
            "node_disk_info",
            "Info of /sys/block/<block_device>.",
            &[
                ("device", device),
                ("major", &major.to_string()),
                ("minor", &minor.to_string()),
                ("path", self.get("ID_PATH")),
                ("wwn", self.get("ID_WWN")),
                ("model", self.get("ID_MODEL")),
                ("serial", self.serial()),
                ("revision", self.get("ID_REVISION")),
                ("rotational", rotational),
            ],
            1.0,
        );
    }

    /// Shows the file system, the device mapper and the ATA features, where there are any.
    pub(super) fn show_layers(&self, device: &str, sink: &mut Sink) {
        if !self.get("ID_FS_TYPE").is_empty() {
            sink.gauge(
                "node_disk_filesystem_info",
                "Info about disk filesystem.",
                &[
                    ("device", device),
                    ("type", self.get("ID_FS_TYPE")),
                    ("usage", self.get("ID_FS_USAGE")),
                    ("uuid", self.get("ID_FS_UUID")),
                    ("version", self.get("ID_FS_VERSION")),
                ],
                1.0,
            );
        }
        if !self.get("DM_NAME").is_empty() {
            sink.gauge(
                "node_disk_device_mapper_info",
                "Info about disk device mapper.",
                &[
                    ("device", device),
                    ("name", self.get("DM_NAME")),
                    ("uuid", self.get("DM_UUID")),
                    ("vg_name", self.get("DM_VG_NAME")),
                    ("lv_name", self.get("DM_LV_NAME")),
                    ("lv_layer", self.get("DM_LV_LAYER")),
                ],
                1.0,
            );
        }
        if !self.get("ID_ATA").is_empty() {
            for (property, name, help) in ATA {
                if let Ok(value) = self.get(property).parse() {
                    sink.gauge(name, help, &[("device", device)], value);
                }
            }
        }
    }
}
