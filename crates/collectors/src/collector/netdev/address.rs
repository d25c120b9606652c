//! The addresses of each device, from a netlink dump.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::source::text;
use crate::error::CollectError;
use crate::filter::Filter;
use crate::netlink::{self, Attributes, read_u32};
use crate::sink::Sink;

const IFLA_IFNAME: u16 = 3;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;

pub(super) fn collect(filter: &Filter, sink: &mut Sink) -> Result<(), CollectError> {
    let mut names = BTreeMap::new();
    netlink::dump(netlink::GET_LINK, |fixed, mut attributes| {
        let name = attributes.find(|(kind, _)| *kind == IFLA_IFNAME);
        if let (Some(index), Some((_, name))) = (read_u32(fixed, 4), name) {
            names.insert(index, text(name));
        }
    })?;
    netlink::dump(netlink::GET_ADDRESS, |fixed, attributes| {
        let Some(device) = read_u32(fixed, 4).and_then(|index| names.get(&index)) else { return };
        let (Some(prefix_bits), Some(address)) = (fixed.get(1), address(attributes)) else {
            return;
        };
        if filter.ignores(device) {
            return;
        }
        sink.gauge(
            "node_network_address_info",
            "node network address by device",
            &[
                ("device", device),
                ("address", &address.to_string()),
                ("netmask", &prefix_bits.to_string()),
                ("scope", scope(address)),
            ],
            1.0,
        );
    })
}

/// Picks this end's address: on a point-to-point link the other attribute is the far end's.
fn address(attributes: Attributes<'_>) -> Option<IpAddr> {
    let mut found = None;
    for (kind, value) in attributes {
        match kind {
            IFA_LOCAL => return ip(value),
            IFA_ADDRESS => found = ip(value),
            _ => {}
        }
    }
    found
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        return Some(IpAddr::V4(Ipv4Addr::from(bytes)));
    }
    <[u8; 16]>::try_from(bytes).ok().map(|bytes| IpAddr::V6(Ipv6Addr::from(bytes)))
}

/// Names the reach of an address as upstream does, which counts loopback as link-local.
fn scope(address: IpAddr) -> &'static str {
    let local = match address {
        IpAddr::V4(v4) => v4.is_link_local() || v4.octets().starts_with(&[224, 0, 0]),
        IpAddr::V6(v6) => v6.is_unicast_link_local() || v6.segments()[0] & 0xff0f == 0xff02,
    };
    let interface_local = matches!(address, IpAddr::V6(v6) if v6.segments()[0] & 0xff0f == 0xff01);
    let broadcast = address == IpAddr::V4(Ipv4Addr::BROADCAST);
    if address.is_loopback() || local {
        "link-local"
    } else if interface_local {
        "interface-local"
    } else if !address.is_unspecified() && !address.is_multicast() && !broadcast {
        "global"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_reach_of_an_address() {
        let check = |address: &str, expected| {
            assert_eq!(scope(address.parse().unwrap()), expected, "{address}");
        };
        check("127.0.0.1", "link-local");
        check("::1", "link-local");
        check("169.254.1.1", "link-local");
        check("fe80::1", "link-local");
        check("ff02::1", "link-local");
        check("ff01::1", "interface-local");
        check("10.0.0.1", "global");
        check("2001:db8::1", "global");
        check("0.0.0.0", "");
        check("239.1.1.1", "");
    }
}
