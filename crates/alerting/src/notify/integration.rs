//! A configured way of telling a receiver.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use regain_http::Client;
use regain_http::client::ClientOptions;
use regain_http::client::error::BuildError;

use super::{Delivered, Notification, NotifyError, slack, webhook};
use crate::pipeline::Notify;
use crate::settings::{IntegrationKind, IntegrationSettings};
use crate::template::Templates;

/// An integration with its client and the templates of its configuration.
#[derive(Debug)]
pub struct Integration {
    settings: IntegrationSettings,
    client: Client,
    templates: Arc<Templates>,
}

impl Integration {
    /// Builds the client; reads and checks the certificates that the settings name.
    pub fn new(
        settings: IntegrationSettings,
        templates: Arc<Templates>,
        options: &ClientOptions<'_>,
    ) -> Result<Self, BuildError> {
        let http = match &settings.kind {
            IntegrationKind::Webhook(webhook) => &webhook.http,
            IntegrationKind::Slack(slack) => &slack.http,
        };
        let client = Client::new(http, options)?;
        Ok(Self { settings, client, templates })
    }

    /// The kind: `webhook`, `slack`.
    pub fn name(&self) -> &'static str {
        self.settings.kind.name()
    }

    /// Whether it is told that alerts have resolved.
    pub fn send_resolved(&self) -> bool {
        self.settings.send_resolved
    }

    /// Tells the receiver, once.
    pub async fn notify(&self, notification: &Notification) -> Result<Delivered, NotifyError> {
        match &self.settings.kind {
            IntegrationKind::Webhook(settings) => {
                webhook::notify(settings, &self.client, &self.templates, notification).await
            }
            IntegrationKind::Slack(settings) => {
                slack::notify(settings, &self.client, &self.templates, notification).await
            }
        }
    }
}

impl Notify for Integration {
    fn name(&self) -> &'static str {
        self.name()
    }

    fn send_resolved(&self) -> bool {
        self.send_resolved()
    }

    fn notify<'a>(
        &'a self,
        notification: &'a Notification,
    ) -> BoxFuture<'a, Result<Delivered, NotifyError>> {
        Box::pin(self.notify(notification))
    }
}
