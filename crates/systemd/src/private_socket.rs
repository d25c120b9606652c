//! systemd's own socket, of which the answers name their sender in a way that zbus refuses.
//!
//! Without a bus there are no unique names, and systemd (`src/core/dbus.c`) names itself by its well-known
//! one, `org.freedesktop.systemd1`. The specification asks for a unique name in that field, and zbus throws
//! away every message without one. The reading half therefore turns the first letter of that name into
//! the colon with which unique names begin. Nothing else of a message changes, not even its length.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use zbus::connection::socket::{ReadHalf, Socket, Split, WriteHalf};
use zbus::export::async_trait::async_trait;

use crate::client::DESTINATION;

/// Is what comes before the name in a message: the number of the field, its type, the name's length.
type Before = [u8; 8];

/// Is the number of the field `SENDER`, and the signature of a text.
const SENDER: [u8; 4] = [7, 1, b's', 0];

/// Is a connection to systemd's own socket.
#[derive(Debug)]
pub(crate) struct PrivateSocket(pub(crate) UnixStream);

/// Is its reading half.
#[derive(Debug)]
pub(crate) struct Reader {
    stream: OwnedReadHalf,
    renaming: Renaming,
}

/// Is its writing half.
#[derive(Debug)]
pub(crate) struct Writer(OwnedWriteHalf);

impl Socket for PrivateSocket {
    type ReadHalf = Reader;
    type WriteHalf = Writer;

    fn split(self) -> Split<Reader, Writer> {
        let (read, write) = self.0.into_split();
        Split::new(Reader { stream: read, renaming: Renaming::default() }, Writer(write))
    }
}

#[async_trait]
impl ReadHalf for Reader {
    async fn recvmsg(&mut self, buffer: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
        let length = self.stream.read(buffer).await?;
        self.renaming.apply(&mut buffer[..length]);
        // No answer that is asked for carries file descriptors.
        Ok((length, Vec::new()))
    }
}

#[async_trait]
impl WriteHalf for Writer {
    async fn sendmsg(&mut self, buffer: &[u8], _: &[BorrowedFd<'_>]) -> io::Result<usize> {
        self.0.write_all(buffer).await?;
        Ok(buffer.len())
    }

    async fn close(&mut self) -> io::Result<()> {
        self.0.shutdown().await
    }
}

/// Renames the sender in a stream of bytes, wherever it is cut.
#[derive(Debug, Default)]
struct Renaming {
    /// The bytes that came last.
    last: Before,
}

impl Renaming {
    fn apply(&mut self, bytes: &mut [u8]) {
        let first = DESTINATION.as_bytes()[0];
        for byte in bytes {
            if *byte == first && (self.last == before(true) || self.last == before(false)) {
                *byte = b':';
            }
            self.last.rotate_left(1);
            self.last[7] = *byte;
        }
    }
}

fn before(little_endian: bool) -> Before {
    let length = u32::try_from(DESTINATION.len()).expect("the name is short");
    let length = if little_endian { length.to_le_bytes() } else { length.to_be_bytes() };
    let mut before = [0; 8];
    before[..4].copy_from_slice(&SENDER);
    before[4..].copy_from_slice(&length);
    before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sender_is_renamed_and_nothing_else() {
        for little_endian in [true, false] {
            let message = |name: &str| {
                let mut bytes = b"org.freedesktop.systemd1".to_vec();
                bytes.extend(before(little_endian));
                bytes.extend(name.as_bytes());
                bytes.extend(b"\0org.freedesktop.systemd1");
                bytes
            };
            let expected = message(":rg.freedesktop.systemd1");
            for size in 1..expected.len() {
                let mut renaming = Renaming::default();
                let mut bytes = message(DESTINATION);
                for piece in bytes.chunks_mut(size) {
                    renaming.apply(piece);
                }
                assert_eq!(bytes, expected, "in pieces of {size}");
            }
        }
    }
}
