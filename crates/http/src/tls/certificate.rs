//! The few facts of a certificate that rustls does not tell: when it is valid, and for whom.
//!
//! The reader knows just enough DER to walk to the two places (RFC 5280, section 4.1).

use std::net::{Ipv4Addr, Ipv6Addr};

const SEQUENCE: u8 = 0x30;
const CONTEXT_0: u8 = 0xa0;
const CONTEXT_3: u8 = 0xa3;
const OID: u8 = 0x06;
const BOOLEAN: u8 = 0x01;
const OCTET_STRING: u8 = 0x04;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

const SUBJECT_ALT_NAME: [u8; 3] = [0x55, 0x1d, 0x11];

/// Holds the facts of one certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// The first second of its life, since 1970.
    pub(crate) not_before: i64,
    /// The last second of its life, since 1970.
    pub(crate) not_after: i64,
    /// Its alternative names as texts: host names, mail addresses, addresses, URIs.
    pub(crate) names: Vec<String>,
}

impl Certificate {
    /// Reads a certificate; nothing where it is damaged.
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        let mut outer = Reader(der);
        let mut certificate = Reader(outer.expect(SEQUENCE)?);
        let mut signed = Reader(certificate.expect(SEQUENCE)?);
        if signed.peek() == Some(CONTEXT_0) {
            signed.any()?;
        }
        for _ in ["serial number", "signature algorithm", "issuer"] {
            signed.any()?;
        }
        let mut validity = Reader(signed.expect(SEQUENCE)?);
        let (not_before, not_after) = (time(validity.any()?)?, time(validity.any()?)?);
        let mut names = Vec::new();
        while let Some((tag, value)) = signed.any() {
            if tag == CONTEXT_3 {
                names = alternative_names(value)?;
            }
        }
        Some(Self { not_before, not_after, names })
    }
}

/// Finds the alternative names among the extensions.
fn alternative_names(extensions: &[u8]) -> Option<Vec<String>> {
    let mut list = Reader(Reader(extensions).expect(SEQUENCE)?);
    while !list.0.is_empty() {
        let mut extension = Reader(list.expect(SEQUENCE)?);
        if extension.expect(OID)? != SUBJECT_ALT_NAME {
            continue;
        }
        if extension.peek() == Some(BOOLEAN) {
            extension.any()?;
        }
        let mut names = Reader(Reader(extension.expect(OCTET_STRING)?).expect(SEQUENCE)?);
        let mut found = Vec::new();
        while let Some((tag, value)) = names.any() {
            found.extend(alternative_name(tag, value));
        }
        return Some(found);
    }
    Some(Vec::new())
}

fn alternative_name(tag: u8, value: &[u8]) -> Option<String> {
    match tag {
        // A mail address, a host name, a URI.
        0x81 | 0x82 | 0x86 => String::from_utf8(value.to_vec()).ok(),
        0x87 => match value.len() {
            4 => <[u8; 4]>::try_from(value).ok().map(|octets| Ipv4Addr::from(octets).to_string()),
            16 => <[u8; 16]>::try_from(value).ok().map(|octets| Ipv6Addr::from(octets).to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// Reads a time, always in UTC in a certificate.
fn time((tag, text): (u8, &[u8])) -> Option<i64> {
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year = number(year)?;
            // RFC 5280: two digits mean 1950 to 2049.
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (number(year)?, rest)
        }
        _ => return None,
    };
    let field = |index: usize| number(rest.get(index * 2..index * 2 + 2)?);
    let (month, day) = (field(0)?, field(1)?);
    let (hour, minute, second) = (field(2)?, field(3)?, field(4)?);
    if !(1..=12).contains(&month) || rest.get(10..)? != b"Z" {
        return None;
    }
    // Days since 1970 of a civil date, counting years from March.
    let (shifted_year, shifted_month) =
        if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let leap_days =
        shifted_year.div_euclid(4) - shifted_year.div_euclid(100) + shifted_year.div_euclid(400);
    let days = shifted_year * 365 + leap_days + day_of_year - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

fn number(digits: &[u8]) -> Option<i64> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Reads one DER value after the other.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// Takes the next value, with its tag.
    fn any(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if bytes.is_empty() || bytes.len() > 4 {
                return None;
            }
            (bytes.iter().fold(0, |length, &byte| length << 8 | usize::from(byte)), rest)
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, value))
    }

    /// Takes the next value, which must have the given tag.
    fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.any().filter(|(found, _)| *found == tag).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_of_a_certificate_are_read() {
        let mut params = rcgen::CertificateParams::new([
            "a.example".to_owned(),
            "127.0.0.1".to_owned(),
            "::1".to_owned(),
        ])
        .unwrap();
        params.not_before = rcgen::date_time_ymd(2024, 2, 29);
        params.not_after = rcgen::date_time_ymd(2099, 12, 31);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let facts = Certificate::read(certificate.der()).unwrap();
        assert_eq!(facts.names, ["a.example", "127.0.0.1", "::1"]);
        assert_eq!(facts.not_before, 1_709_164_800);
        assert_eq!(facts.not_after, 4_102_358_400);
    }

    #[test]
    fn a_damaged_certificate_is_nothing() {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(["a.example".to_owned()]).unwrap();
        let whole = params.self_signed(&key).unwrap().der().to_vec();
        for length in 0..whole.len() {
            assert_eq!(Certificate::read(&whole[..length]), None, "{length}");
        }
    }
}
