//! Dump requests to the kernel's routing tables, and the walk over their answers.
//!
//! Two kinds of dump are needed, links and addresses, and of each a handful of attributes; an attribute
//! or message that does not fit its length ends the walk of its message and of nothing else.

use std::io;
use std::time::Duration;

use rustix::fd::OwnedFd;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with,
};

use crate::error::CollectError;

pub(crate) const GET_LINK: DumpKind = DumpKind { request: 18, reply: 16, header_bytes: 16 };
pub(crate) const GET_ADDRESS: DumpKind = DumpKind { request: 22, reply: 20, header_bytes: 8 };

const HEADER_BYTES: usize = 16;
const ATTRIBUTE_HEADER_BYTES: usize = 4;
const TYPE_ERROR: u16 = 2;
const TYPE_DONE: u16 = 3;
const FLAG_REQUEST: u16 = 0x1;
const FLAG_DUMP: u16 = 0x300;
/// Takes the "nested" and "network order" bits off an attribute's type.
const ATTRIBUTE_TYPE_MASK: u16 = 0x3fff;
/// Is larger than the kernel fills at once (32 KiB).
const BUFFER_BYTES: usize = 64 << 10;
/// Is more than tens of thousands of links take.
const MAX_DUMP_BYTES: usize = 256 << 20;
const RECEIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// Describes one dump: the message types, and the size of the fixed part of both messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DumpKind {
    request: u16,
    reply: u16,
    header_bytes: usize,
}

/// Asks for a dump and gives each answer's fixed part and attributes to `each`.
pub(crate) fn dump(
    kind: DumpKind,
    mut each: impl FnMut(&[u8], Attributes<'_>),
) -> Result<(), CollectError> {
    let socket = open().map_err(|source| CollectError::Call { call: "netlink", source })?;
    let mut request = Vec::with_capacity(HEADER_BYTES + kind.header_bytes);
    let request_bytes = HEADER_BYTES + kind.header_bytes;
    request.extend(u32::try_from(request_bytes).unwrap_or_default().to_ne_bytes());
    request.extend(kind.request.to_ne_bytes());
    request.extend((FLAG_REQUEST | FLAG_DUMP).to_ne_bytes());
    request.extend(1_u32.to_ne_bytes());
    request.resize(request_bytes, 0);
    sendto(&socket, &request, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))
        .map_err(|errno| CollectError::Call { call: "netlink sendto", source: errno.into() })?;

    let mut buffer = vec![0; BUFFER_BYTES];
    let mut received = 0;
    while received < MAX_DUMP_BYTES {
        let (_, size) = recv(&socket, buffer.as_mut_slice(), RecvFlags::TRUNC)
            .map_err(|errno| CollectError::Call { call: "netlink recv", source: errno.into() })?;
        let datagram = buffer.get(..size).ok_or(CollectError::Netlink)?;
        if datagram.is_empty() || walk(datagram, kind, &mut each)? == Walk::Done {
            return Ok(());
        }
        received += size;
    }
    Err(CollectError::Netlink)
}

fn open() -> io::Result<OwnedFd> {
    let socket = socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        // Protocol zero is NETLINK_ROUTE.
        None,
    )?;
    set_socket_timeout(&socket, Timeout::Recv, Some(RECEIVE_TIMEOUT))?;
    Ok(socket)
}

#[derive(Debug, PartialEq, Eq)]
enum Walk {
    Done,
    MoreToCome,
}

fn walk(
    mut datagram: &[u8],
    kind: DumpKind,
    each: &mut impl FnMut(&[u8], Attributes<'_>),
) -> Result<Walk, CollectError> {
    while !datagram.is_empty() {
        let size = read_u32(datagram, 0).ok_or(CollectError::Netlink)? as usize;
        let message = datagram.get(..size).ok_or(CollectError::Netlink)?;
        let message_type = read_u16(message, 4).ok_or(CollectError::Netlink)?;
        let payload = message.get(HEADER_BYTES..).ok_or(CollectError::Netlink)?;
        match message_type {
            TYPE_DONE => return Ok(Walk::Done),
            TYPE_ERROR => {
                let code = read_u32(payload, 0).ok_or(CollectError::Netlink)?.cast_signed();
                if code == 0 {
                    return Ok(Walk::Done);
                }
                let source = io::Error::from_raw_os_error(code.wrapping_neg());
                return Err(CollectError::Call { call: "netlink dump", source });
            }
            reply if reply == kind.reply => {
                if let Some((fixed, attributes)) = payload.split_at_checked(kind.header_bytes) {
                    each(fixed, Attributes { rest: attributes });
                }
            }
            _ => {}
        }
        datagram = datagram.get(align(size)..).unwrap_or_default();
    }
    Ok(Walk::MoreToCome)
}

/// Walks over attributes, as pairs of their type and their bytes.
#[derive(Debug)]
pub(crate) struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let size = usize::from(read_u16(self.rest, 0)?);
        let attribute_type = read_u16(self.rest, 2)? & ATTRIBUTE_TYPE_MASK;
        let value = self.rest.get(ATTRIBUTE_HEADER_BYTES..size)?;
        self.rest = self.rest.get(align(size)..).unwrap_or_default();
        Some((attribute_type, value))
    }
}

fn align(size: usize) -> usize {
    size.saturating_add(3) & !3
}

/// Reads a number in the machine's own byte order, as netlink writes it.
pub(crate) fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn read_u16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Seen = Vec<Vec<(u16, Vec<u8>)>>;

    fn collect(datagram: &[u8]) -> (Option<Walk>, Seen) {
        let mut seen = Vec::new();
        let walked = walk(datagram, GET_LINK, &mut |_: &[u8], attributes: Attributes<'_>| {
            seen.push(attributes.map(|(kind, value)| (kind, value.to_vec())).collect());
        });
        (walked.ok(), seen)
    }

    fn message(kind: u16, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(u32::try_from(HEADER_BYTES + payload.len()).unwrap().to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.resize(HEADER_BYTES, 0);
        bytes.extend(payload);
        bytes.resize(align(bytes.len()), 0);
        bytes
    }

    fn link(attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut payload = vec![0; 16];
        for (kind, value) in attributes {
            payload.extend(u16::try_from(4 + value.len()).unwrap().to_ne_bytes());
            payload.extend(kind.to_ne_bytes());
            payload.extend(*value);
            payload.resize(align(payload.len()), 0);
        }
        message(16, &payload)
    }

    #[test]
    fn walks_messages_and_their_attributes() {
        let mut datagram = link(&[(3, b"lo\0"), (0x8017, b"12345678")]);
        datagram.extend(link(&[(3, b"eth0\0")]));
        datagram.extend(message(TYPE_DONE, &[0; 4]));

        let (walked, seen) = collect(&datagram);

        assert_eq!(walked, Some(Walk::Done));
        assert_eq!(seen[0], [(3, b"lo\0".to_vec()), (0x17, b"12345678".to_vec())]);
        assert_eq!(seen[1], [(3, b"eth0\0".to_vec())]);
    }

    #[test]
    fn reports_the_kernels_refusal() {
        let refusal = message(TYPE_ERROR, &(-1_i32).to_ne_bytes());
        let error = walk(&refusal, GET_LINK, &mut |_: &[u8], _: Attributes<'_>| {}).unwrap_err();
        assert!(matches!(error, CollectError::Call { ref source, .. }
            if source.kind() == io::ErrorKind::PermissionDenied));
    }

    #[test]
    fn an_odd_attribute_costs_only_its_message() {
        let mut datagram = link(&[(3, b"lo\0")]);
        datagram[HEADER_BYTES + 16] = 0xff;
        datagram.extend(link(&[(3, b"eth0\0")]));
        let (walked, seen) = collect(&datagram);
        assert_eq!(walked, Some(Walk::MoreToCome));
        assert_eq!(seen, [vec![], vec![(3, b"eth0\0".to_vec())]]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            collect(&bytes);
        }
    }
}
