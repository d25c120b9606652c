//! The kernel's name of itself and of the host, from uname(2).

use crate::error::CollectError;
use crate::run::Collector;
use crate::sink::Sink;

#[derive(Debug)]
pub(crate) struct Uname;

impl Collector for Uname {
    fn update(&self, sink: &mut Sink) -> Result<(), CollectError> {
        let uname = rustix::system::uname();
        sink.gauge(
            "node_uname_info",
            "Labeled system information as provided by the uname system call.",
            &[
                ("sysname", &uname.sysname().to_string_lossy()),
                ("release", &uname.release().to_string_lossy()),
                ("version", &uname.version().to_string_lossy()),
                ("machine", &uname.machine().to_string_lossy()),
                ("nodename", &uname.nodename().to_string_lossy()),
                ("domainname", &uname.domainname().to_string_lossy()),
            ],
            1.0,
        );
        Ok(())
    }
}
