//! Decompression that cannot be made to fill the memory: every call names the most it may produce.
//!
//! Output goes into a buffer of the caller, which is kept from one body to the next; an [`Inflater`]
//! takes its input in pieces, as they come from the network. A body of exactly the limit is accepted.

mod inflate;

pub use self::inflate::Inflater;

/// Says why a compressed body was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CappedError {
    /// The body is larger than the caller takes.
    #[error("body size limit exceeded: more than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The body does not begin as the format begins.
    #[error("{format}: invalid header")]
    Header {
        /// The format.
        format: Format,
    },
    /// The body is damaged.
    #[error("{format}: corrupt input")]
    Corrupt {
        /// The format.
        format: Format,
    },
    /// The body ends too early.
    #[error("unexpected EOF")]
    Truncated,
}

/// Names a compression format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 1952, also in several members.
    Gzip,
    /// RFC 1950, which HTTP calls `deflate`.
    Zlib,
    /// One block of snappy, without framing.
    Snappy,
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Snappy => "snappy",
        })
    }
}

/// Appends the contents of a gzip file.
pub fn gunzip(input: &[u8], limit: usize, into: &mut Vec<u8>) -> Result<(), CappedError> {
    inflate_all(Inflater::new(Format::Gzip, limit), input, into)
}

/// Appends the contents of a zlib stream, which HTTP calls `deflate`.
pub fn inflate(input: &[u8], limit: usize, into: &mut Vec<u8>) -> Result<(), CappedError> {
    inflate_all(Inflater::new(Format::Zlib, limit), input, into)
}

fn inflate_all(
    mut inflater: Inflater,
    input: &[u8],
    into: &mut Vec<u8>,
) -> Result<(), CappedError> {
    inflater.push(input, into)?;
    inflater.finish()
}

/// Appends the contents of one block of snappy.
pub fn unsnappy(input: &[u8], limit: usize, into: &mut Vec<u8>) -> Result<(), CappedError> {
    let corrupt = CappedError::Corrupt { format: Format::Snappy };
    let length = snap::raw::decompress_len(input).map_err(|_| corrupt)?;
    if length > limit {
        return Err(CappedError::TooLarge { limit });
    }
    let start = into.len();
    into.resize(start + length, 0);
    match snap::raw::Decoder::new().decompress(input, &mut into[start..]) {
        Ok(written) if written == length => Ok(()),
        Ok(_) | Err(_) => {
            into.truncate(start);
            Err(corrupt)
        }
    }
}

#[cfg(test)]
mod tests;
