//! Go's quoted strings.
//!
//! [`quote`] is `strconv.Quote` and `%q`; [`unquote`] reads the three string forms of PromQL, which are
//! Go's except that single quotes hold strings too.

#[cfg(test)]
mod tests;

/// Why a text is no string literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnquoteError {
    /// The quotes do not match, an escape is unknown, or a line feed stands in the text.
    #[error("invalid syntax")]
    Syntax,
    /// The escapes produce bytes that are no UTF-8.
    #[error("string is not valid UTF-8")]
    NotUtf8,
}

/// `text` in double quotes with everything escaped that Go does not print.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    append_quote(&mut quoted, text);
    quoted
}

/// Appends what [`quote`] returns.
pub fn append_quote(dst: &mut String, text: &str) {
    dst.push('"');
    for c in text.chars() {
        append_escaped(dst, c);
    }
    dst.push('"');
}

/// Bytes in double quotes; those that are no UTF-8 appear as `\xff`.
pub fn quote_bytes(bytes: &[u8]) -> String {
    let mut quoted = String::with_capacity(bytes.len() + 2);
    quoted.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            append_escaped(&mut quoted, c);
        }
        for &byte in chunk.invalid() {
            append_hex(&mut quoted, 'x', u32::from(byte), 2);
        }
    }
    quoted.push('"');
    quoted
}

fn append_escaped(dst: &mut String, c: char) {
    match c {
        '"' | '\\' => dst.extend(['\\', c]),
        ' '..='~' => dst.push(c),
        '\x07' => dst.push_str("\\a"),
        '\x08' => dst.push_str("\\b"),
        '\x0c' => dst.push_str("\\f"),
        '\n' => dst.push_str("\\n"),
        '\r' => dst.push_str("\\r"),
        '\t' => dst.push_str("\\t"),
        '\x0b' => dst.push_str("\\v"),
        '\0'..'\u{80}' => append_hex(dst, 'x', u32::from(c), 2),
        _ if is_print(c) => dst.push(c),
        '\u{80}'..='\u{ffff}' => append_hex(dst, 'u', u32::from(c), 4),
        _ => append_hex(dst, 'U', u32::from(c), 8),
    }
}

fn append_hex(dst: &mut String, kind: char, value: u32, digits: u32) {
    dst.extend(['\\', kind]);
    for index in (0..digits).rev() {
        let digit = value >> (index * 4) & 0xf;
        dst.extend(char::from_digit(digit, 16));
    }
}

/// Go's `unicode.IsPrint` for characters beyond ASCII: letters, marks, numbers, punctuation, symbols.
///
/// The standard library knows the same set as what its debug form leaves alone. Behind another
/// character it does not escape combining marks either.
fn is_print(c: char) -> bool {
    let mut bytes = [b'a'; 5];
    let len = c.encode_utf8(&mut bytes[1..]).len();
    let text = std::str::from_utf8(&bytes[..=len]).expect("ASCII and one character are UTF-8");
    text.escape_debug().nth(1) == Some(c)
}

/// The contents of a PromQL string literal in double quotes, single quotes or backquotes.
pub fn unquote(literal: &str) -> Result<String, UnquoteError> {
    String::from_utf8(unquote_bytes(literal.as_bytes())?).map_err(|_| UnquoteError::NotUtf8)
}

/// The contents of a PromQL string literal, whose escapes may produce any bytes.
pub fn unquote_bytes(literal: &[u8]) -> Result<Vec<u8>, UnquoteError> {
    let [quote, body @ .., last] = literal else { return Err(UnquoteError::Syntax) };
    if quote != last {
        return Err(UnquoteError::Syntax);
    }
    match quote {
        b'`' if !body.contains(&b'`') => Ok(body.to_vec()),
        b'"' | b'\'' if !body.contains(&b'\n') => unescape(body, *quote),
        _ => Err(UnquoteError::Syntax),
    }
}

fn unescape(mut body: &[u8], quote: u8) -> Result<Vec<u8>, UnquoteError> {
    let mut text = Vec::with_capacity(body.len());
    while let Some((&byte, rest)) = body.split_first() {
        if byte == quote {
            return Err(UnquoteError::Syntax);
        }
        body = if byte == b'\\' {
            append_unescaped(&mut text, rest, quote).ok_or(UnquoteError::Syntax)?
        } else {
            text.push(byte);
            rest
        };
    }
    Ok(text)
}

/// Decodes one escape, without its backslash, and returns what follows it.
fn append_unescaped<'a>(dst: &mut Vec<u8>, escape: &'a [u8], quote: u8) -> Option<&'a [u8]> {
    let (&kind, rest) = escape.split_first()?;
    let byte = match kind {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'\\' => b'\\',
        b'\'' | b'"' if kind == quote => kind,
        b'0'..=b'7' => {
            let (digits, rest) = escape.split_at_checked(3)?;
            dst.push(u8::try_from(read_digits(digits, 8)?).ok()?);
            return Some(rest);
        }
        b'x' => {
            let (digits, rest) = rest.split_at_checked(2)?;
            dst.push(u8::try_from(read_digits(digits, 16)?).ok()?);
            return Some(rest);
        }
        b'u' | b'U' => {
            let (digits, rest) = rest.split_at_checked(if kind == b'u' { 4 } else { 8 })?;
            append_code_point(dst, read_digits(digits, 16)?)?;
            return Some(rest);
        }
        _ => return None,
    };
    dst.push(byte);
    Some(rest)
}

fn read_digits(digits: &[u8], radix: u32) -> Option<u32> {
    digits.iter().try_fold(0_u32, |sum, &digit| {
        Some(sum.wrapping_mul(radix) | char::from(digit).to_digit(radix)?)
    })
}

/// Appends a code point; a surrogate becomes the replacement character, as Go encodes it.
fn append_code_point(dst: &mut Vec<u8>, value: u32) -> Option<()> {
    if value > u32::from(char::MAX) {
        return None;
    }
    let c = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
    dst.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    Some(())
}
