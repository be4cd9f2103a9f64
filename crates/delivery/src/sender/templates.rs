//! Templates of requests, worked out once per webhook and kept.
//!
//! Promise: a template is of the very webhook it is asked for, not of an earlier set-up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use beckon_domain::id::WebhookId;
use beckon_domain::webhook::Webhook;

use super::failure::SendFailure;
use super::request::Template;

/// Most templates kept. With more webhooks in use, all are worked out again now and then.
const TEMPLATES_MAX: usize = 10_000;

/// See the module's own words.
#[derive(Default)]
pub(super) struct Templates {
    kept: Mutex<HashMap<WebhookId, Kept>>,
}

struct Kept {
    /// Which it is a template of.
    webhook: Arc<Webhook>,
    template: Arc<Template>,
}

impl Templates {
    /// The template of a webhook.
    pub(super) async fn get(&self, webhook: &Arc<Webhook>) -> Result<Arc<Template>, SendFailure> {
        if let Some(template) = self.kept(webhook) {
            return Ok(template);
        }
        let template = Arc::new(Template::of(webhook).await?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= TEMPLATES_MAX {
            kept.clear();
        }
        kept.insert(webhook.id, Kept { webhook: webhook.clone(), template: template.clone() });
        Ok(template)
    }

    /// Forgets those of webhooks that nobody else knows any more: they were deleted, or set up anew.
    pub(super) fn drop_old(&self) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, kept| Arc::strong_count(&kept.webhook) > 1);
    }

    /// What is kept of it. A webhook that is set up anew is another one in memory.
    fn kept(&self, webhook: &Arc<Webhook>) -> Option<Arc<Template>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.get(&webhook.id)?;
        Arc::ptr_eq(&kept.webhook, webhook).then(|| kept.template.clone())
    }
}
