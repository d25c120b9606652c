//! Which message a request carries, as its `Content-Type` says, and which ones are taken.

use std::fmt;

use regain_remote::write::Message;

/// The only media type of remote write.
const MEDIA_TYPE: &str = "application/x-protobuf";

/// The messages that a server takes, in the order in which its flag names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedMessages(pub Vec<Message>);

impl Default for AcceptedMessages {
    /// Both, as upstream.
    fn default() -> Self {
        Self(vec![Message::V1, Message::V2])
    }
}

impl fmt::Display for AcceptedMessages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, message) in self.0.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { ", " })?;
            f.write_str(message.name())?;
        }
        Ok(())
    }
}

/// Why a `Content-Type` is refused, in upstream's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("expected {MEDIA_TYPE} as the first (media) part, got {0} content-type")]
    MediaType(String),
    #[error(
        "as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be \
         key-values, got {parameter} in {content_type} content-type"
    )]
    Parameter { parameter: String, content_type: String },
    #[error(
        "got {content_type} content type; unknown type for remote write protobuf message {message}, \
         supported: {}, {}",
        Message::V1.name(),
        Message::V2.name()
    )]
    Unknown { message: String, content_type: String },
    #[error("{} protobuf message is not accepted by this server; only accepts {accepted}", .message.name())]
    NotAccepted { message: Message, accepted: AcceptedMessages },
}

impl AcceptedMessages {
    /// The message that a `Content-Type` names, if it is taken; without one, it is that of 1.0.
    pub(super) fn message(&self, content_type: &str) -> Result<Message, Refused> {
        let message = named_by(content_type)?;
        if self.0.contains(&message) {
            Ok(message)
        } else {
            Err(Refused::NotAccepted { message, accepted: self.clone() })
        }
    }
}

fn named_by(content_type: &str) -> Result<Message, Refused> {
    if content_type.is_empty() {
        return Ok(Message::V1);
    }
    let content_type = content_type.trim();
    let mut parts = content_type.split(';');
    if parts.next() != Some(MEDIA_TYPE) {
        return Err(Refused::MediaType(content_type.to_owned()));
    }
    for parameter in parts {
        let pair = parameter.split_once('=').filter(|(_, value)| !value.contains('='));
        let Some((name, value)) = pair else {
            let content_type = content_type.to_owned();
            return Err(Refused::Parameter { parameter: parameter.to_owned(), content_type });
        };
        // Upstream does not look past a space before the name either.
        if name == "proto" {
            return Message::named(value).ok_or_else(|| Refused::Unknown {
                message: value.to_owned(),
                content_type: content_type.to_owned(),
            });
        }
    }
    Ok(Message::V1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const V2: &str = "application/x-protobuf;proto=io.prometheus.write.v2.Request";

    #[test]
    fn a_content_type_names_a_message() {
        let accepted = AcceptedMessages::default();
        let taken = [
            ("", Message::V1),
            ("application/x-protobuf", Message::V1),
            (" application/x-protobuf ", Message::V1),
            ("application/x-protobuf;proto=prometheus.WriteRequest", Message::V1),
            // Upstream reads a name with a space before it as another parameter.
            ("application/x-protobuf; proto=io.prometheus.write.v2.Request", Message::V1),
            ("application/x-protobuf;charset=utf-8", Message::V1),
            (V2, Message::V2),
            ("application/x-protobuf;a=b;proto=io.prometheus.write.v2.Request;c", Message::V2),
        ];
        for (content_type, message) in taken {
            assert_eq!(accepted.message(content_type), Ok(message), "{content_type}");
        }
        let refused = [
            (
                "application/json",
                "expected application/x-protobuf as the first (media) part, got application/json content-type",
            ),
            (
                "application/x-protobuf;foo",
                "as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, got foo in application/x-protobuf;foo content-type",
            ),
            (
                "application/x-protobuf;proto=foo",
                "got application/x-protobuf;proto=foo content type; unknown type for remote write protobuf message foo, supported: prometheus.WriteRequest, io.prometheus.write.v2.Request",
            ),
        ];
        for (content_type, why) in refused {
            assert_eq!(accepted.message(content_type).unwrap_err().to_string(), why);
        }
    }

    #[test]
    fn a_message_that_is_not_accepted_is_refused_by_name() {
        let first = AcceptedMessages(vec![Message::V1]);
        assert_eq!(first.message(""), Ok(Message::V1));
        let why = "io.prometheus.write.v2.Request protobuf message is not accepted by this server; only accepts prometheus.WriteRequest";
        assert_eq!(first.message(V2).unwrap_err().to_string(), why);
        let second = AcceptedMessages(vec![Message::V2]);
        assert_eq!(second.message(V2), Ok(Message::V2));
        let why = "prometheus.WriteRequest protobuf message is not accepted by this server; only accepts io.prometheus.write.v2.Request";
        assert_eq!(second.message("").unwrap_err().to_string(), why);
    }
}
