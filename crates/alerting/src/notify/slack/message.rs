//! The JSON of a message, in upstream's order of keys.

use crate::settings::{SlackAction, SlackField, SlackSettings};
use crate::template::{RenderError, Renderer, append_json_string};

/// How many characters a title has at most.
const TITLE_CHARS_MAX: usize = 1024;
/// The parts with markup where nothing is configured.
const MARKUP_DEFAULT: [&str; 3] = ["fallback", "pretext", "text"];

/// A message with its texts rendered.
pub(super) struct Message {
    pub(super) channel: String,
    /// The message to change.
    pub(super) ts: String,
    /// The keys behind those two.
    rest: Json,
}

impl Message {
    /// Renders the texts of `settings`.
    ///
    /// A text that fails ends where it fails and those behind it are empty, but the message is sent: upstream 0.34
    /// does so too, and a message with gaps is better than none.
    pub(super) fn render(settings: &SlackSettings, renderer: &Renderer<'_>) -> Self {
        let mut texts = Texts { renderer, error: None };
        let attachment = attachment(settings, &mut texts);
        let channel = texts.render(&settings.channel);
        let mut rest = Json::default();
        rest.optional("username", &texts.render(&settings.username));
        rest.optional("icon_emoji", &texts.render(&settings.icon_emoji));
        rest.optional("icon_url", &texts.render(&settings.icon_url));
        if settings.link_names {
            rest.raw("link_names", "true");
        }
        rest.optional("text", &texts.render(&settings.message_text));
        rest.objects("attachments", &[attachment]);
        if let Some(error) = texts.error {
            tracing::error!(err = %error, "failed to render Slack message, sending it with gaps");
        }
        Self { channel, ts: String::new(), rest }
    }

    /// The body, with a line feed at its end.
    pub(super) fn body(&self) -> String {
        let mut body = Json::default();
        body.optional("channel", &self.channel);
        body.optional("ts", &self.ts);
        body.append(&self.rest);
        body.object() + "\n"
    }
}

/// Renders texts up to the first failure.
struct Texts<'a> {
    renderer: &'a Renderer<'a>,
    error: Option<RenderError>,
}

impl Texts<'_> {
    fn render(&mut self, text: &str) -> String {
        let mut out = String::new();
        if self.error.is_none() {
            self.error = self.renderer.render_into(&mut out, text).err();
        }
        out
    }
}

fn attachment(settings: &SlackSettings, texts: &mut Texts<'_>) -> String {
    let mut json = Json::default();
    json.optional("title", &truncated(texts.render(&settings.title)));
    json.optional("title_link", &texts.render(&settings.title_link));
    json.optional("pretext", &texts.render(&settings.pretext));
    json.text("text", &texts.render(&settings.text));
    json.text("fallback", &texts.render(&settings.fallback));
    json.text("callback_id", &texts.render(&settings.callback_id));
    // The order of rendering is not that of the keys, which shows when a text fails.
    let mut end = Json::default();
    end.optional("image_url", &texts.render(&settings.image_url));
    end.optional("thumb_url", &texts.render(&settings.thumb_url));
    end.text("footer", &texts.render(&settings.footer));
    end.optional("color", &texts.render(&settings.color));
    end.texts("mrkdwn_in", &settings.mrkdwn_in);
    let short = settings.short_fields;
    let fields: Vec<String> =
        settings.fields.iter().map(|configured| field(configured, short, texts)).collect();
    let actions: Vec<String> =
        settings.actions.iter().map(|configured| action(configured, texts)).collect();
    json.objects("fields", &fields);
    json.objects("actions", &actions);
    json.append(&end);
    json.object()
}

fn field(field: &SlackField, short_default: bool, texts: &mut Texts<'_>) -> String {
    let mut json = Json::default();
    json.optional("title", &texts.render(&field.title));
    json.optional("value", &texts.render(&field.value));
    let short = field.short.unwrap_or(short_default);
    json.raw("short", if short { "true" } else { "false" });
    json.object()
}

fn action(action: &SlackAction, texts: &mut Texts<'_>) -> String {
    let mut json = Json::default();
    json.optional("type", &texts.render(&action.kind));
    json.optional("text", &texts.render(&action.text));
    json.optional("url", &texts.render(&action.url));
    json.optional("style", &texts.render(&action.style));
    json.optional("name", &texts.render(&action.name));
    json.optional("value", &texts.render(&action.value));
    if let Some(confirm) = &action.confirm {
        let mut question = Json::default();
        // The title is rendered before the text that stands before it.
        let title = texts.render(&confirm.title);
        question.optional("text", &texts.render(&confirm.text));
        question.optional("title", &title);
        question.optional("ok_text", &texts.render(&confirm.ok_text));
        question.optional("dismiss_text", &texts.render(&confirm.dismiss_text));
        json.raw("confirm", &question.object());
    }
    json.object()
}

/// A title of at most so many characters; the last one says that it was cut.
fn truncated(title: String) -> String {
    if title.chars().count() <= TITLE_CHARS_MAX {
        return title;
    }
    tracing::warn!(max_runes = TITLE_CHARS_MAX, "Truncated title");
    let kept: String = title.chars().take(TITLE_CHARS_MAX - 1).collect();
    kept + "…"
}

/// The inside of an object in the making.
#[derive(Default)]
struct Json(String);

impl Json {
    fn raw(&mut self, key: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        append_json_string(&mut self.0, key);
        self.0.push(':');
        self.0.push_str(value);
    }

    fn text(&mut self, key: &str, value: &str) {
        let mut quoted = String::with_capacity(value.len() + 2);
        append_json_string(&mut quoted, value);
        self.raw(key, &quoted);
    }

    /// Adds a text that is left out where it is empty.
    fn optional(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.text(key, value);
        }
    }

    /// Adds a list of objects, unless it is empty.
    fn objects(&mut self, key: &str, objects: &[String]) {
        if !objects.is_empty() {
            self.raw(key, &format!("[{}]", objects.join(",")));
        }
    }

    /// Adds the parts with markup.
    fn texts(&mut self, key: &str, configured: &[String]) {
        let mut quoted: Vec<String> = Vec::new();
        let defaults = MARKUP_DEFAULT.iter().filter(|_| configured.is_empty()).copied();
        for text in configured.iter().map(String::as_str).chain(defaults) {
            let mut json = String::new();
            append_json_string(&mut json, text);
            quoted.push(json);
        }
        self.objects(key, &quoted);
    }

    /// Adds the keys of another object.
    fn append(&mut self, other: &Self) {
        if !self.0.is_empty() && !other.0.is_empty() {
            self.0.push(',');
        }
        self.0.push_str(&other.0);
    }

    fn object(self) -> String {
        format!("{{{}}}", self.0)
    }
}
