//! Groups: captures, plain groups and flags.

use super::{Built, Error, ErrorKind, Flags, Frame, Group, Item, Node, Parser};

impl Parser<'_> {
    pub(super) fn open_group(&mut self) -> Result<(), Error> {
        let start = self.at;
        let rest = self.rest();
        if rest.starts_with("(?P<") && rest.len() > 4 {
            return self.open_named(4);
        }
        if rest.starts_with("(?<") && rest.len() > 3 {
            return self.open_named(3);
        }
        if rest.starts_with("(?") {
            self.at += 2;
            return self.perl_flags(start);
        }
        self.at += 1;
        self.open_capture(None);
        Ok(())
    }

    fn open_named(&mut self, prefix_len: usize) -> Result<(), Error> {
        let rest = self.rest();
        let Some(end) = rest.find('>') else {
            return Err(Error::new(ErrorKind::NamedCapture, rest));
        };
        let name = rest.get(prefix_len..end).unwrap_or_default().to_owned();
        let start = self.at;
        self.at += end + 1;
        if name.is_empty() || !name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
        {
            return Err(self.error(ErrorKind::NamedCapture, start));
        }
        self.open_capture(Some(name));
        Ok(())
    }

    fn open_capture(&mut self, name: Option<String>) {
        // A text would need four gigabytes to hold more groups.
        let index = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name);
        self.open.push(Frame::new(Group::Capture(index), self.flags));
    }

    /// Reads what follows `(?`: flags for the rest of the group, or a group with flags of its own.
    fn perl_flags(&mut self, start: usize) -> Result<(), Error> {
        let mut flags = self.flags;
        let (mut value, mut seen) = (true, false);
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            match c {
                'i' | 'm' | 's' | 'U' => {
                    set(&mut flags, c, value);
                    seen = true;
                }
                '-' if value => (value, seen) = (false, false),
                ':' | ')' if value || seen => {
                    if c == ':' {
                        self.open.push(Frame::new(Group::Plain, self.flags));
                    }
                    self.flags = flags;
                    return Ok(());
                }
                _ => break,
            }
        }
        Err(self.error(ErrorKind::PerlSyntax, start))
    }

    pub(super) fn close_group(&mut self) -> Result<(), Error> {
        let Some(frame) = self.open.pop() else {
            return Err(Error::new(ErrorKind::UnexpectedParen, self.pattern));
        };
        self.at += 1;
        self.flags = frame.outer_flags;
        let group = frame.group;
        let mut built = self.close(frame)?;
        if let Group::Capture(index) = group {
            let node = Node::Capture { index, sub: Box::new(built.node) };
            built = self.checked(Built { node, height: built.height + 1, ..built })?;
        }
        self.frame().items.push(Item::Built(built));
        Ok(())
    }
}

const fn set(flags: &mut Flags, flag: char, value: bool) {
    match flag {
        'i' => flags.fold = value,
        'm' => flags.multi_line = value,
        's' => flags.dot_newline = value,
        _ => flags.lazy = value,
    }
}
