//! Which message a request carries, as its `Content-Type` says.

/// The only media type of remote write.
const MEDIA_TYPE: &str = "application/x-protobuf";
const V1: &str = "prometheus.WriteRequest";
const V2: &str = "io.prometheus.write.v2.Request";

/// A message that is taken: that of remote write 1.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MessageType;

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
         supported: {V1}, {V2}"
    )]
    Unknown { message: String, content_type: String },
    #[error("{V2} protobuf message is not accepted by this server; only accepts {V1}")]
    NotAccepted,
}

impl MessageType {
    /// The message that a `Content-Type` names; without one, it is that of 1.0.
    pub(super) fn of(content_type: &str) -> Result<Self, Refused> {
        if content_type.is_empty() {
            return Ok(Self);
        }
        let content_type = content_type.trim();
        let mut parts = content_type.split(';');
        if parts.next() != Some(MEDIA_TYPE) {
            return Err(Refused::MediaType(content_type.to_owned()));
        }
        for parameter in parts {
            let pair = parameter.split_once('=').filter(|(_, value)| !value.contains('='));
            let Some((name, value)) = pair else {
                return Err(Refused::Parameter {
                    parameter: parameter.to_owned(),
                    content_type: content_type.to_owned(),
                });
            };
            // Upstream does not look past a space before the name either.
            if name == "proto" {
                return Self::named(value, content_type);
            }
        }
        Ok(Self)
    }

    fn named(message: &str, content_type: &str) -> Result<Self, Refused> {
        match message {
            V1 => Ok(Self),
            V2 => Err(Refused::NotAccepted),
            _ => Err(Refused::Unknown {
                message: message.to_owned(),
                content_type: content_type.to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_message_of_1_0_is_taken() {
        let taken = [
            "",
            "application/x-protobuf",
            " application/x-protobuf ",
            "application/x-protobuf;proto=prometheus.WriteRequest",
            "application/x-protobuf; proto=io.prometheus.write.v2.Request",
            "application/x-protobuf;charset=utf-8",
        ];
        for content_type in taken {
            assert_eq!(MessageType::of(content_type), Ok(MessageType), "{content_type}");
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
            (
                "application/x-protobuf;proto=io.prometheus.write.v2.Request",
                "io.prometheus.write.v2.Request protobuf message is not accepted by this server; only accepts prometheus.WriteRequest",
            ),
        ];
        for (content_type, why) in refused {
            assert_eq!(MessageType::of(content_type).unwrap_err().to_string(), why);
        }
    }
}
