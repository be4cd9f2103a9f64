//! What the people and companies behind some signals are called.

use std::collections::HashMap;

use beckon_domain::id::{CompanyId, ContactId, WorkspaceId};
use beckon_store::StoreError;
use beckon_store::intake::{IntakeQuery, SignalRecord};

use crate::api::segments::preview::{company_name, contact_name};
use crate::app::App;

/// Names by id.
#[derive(Default)]
pub(super) struct People {
    contacts: HashMap<ContactId, String>,
    companies: HashMap<CompanyId, String>,
}

impl People {
    /// Those of these signals. Contacts are read at once, with their companies; others one by one, each once.
    pub(super) async fn behind(
        app: &App,
        workspace: WorkspaceId,
        records: &[SignalRecord],
    ) -> Result<People, StoreError> {
        let contact_ids = records.iter().filter_map(|record| record.contact_id).collect();
        let query = IntakeQuery { contact_ids, of_contacts_only: true, ..IntakeQuery::default() };
        let state = app.store.read_intake(workspace, &query).await?;
        let mut people = People::default();
        for (id, contact) in &state.contacts {
            people.contacts.extend(contact_name(contact).map(|name| (*id, name)));
        }
        for (id, company) in &state.companies {
            people.companies.extend(company_name(company).map(|name| (*id, name)));
        }
        for id in records.iter().filter_map(|record| record.company_id) {
            if people.companies.contains_key(&id) {
                continue;
            }
            match app.store.get_company(workspace, id).await {
                Ok(company) => people.companies.extend(company_name(&company).map(|name| (id, name))),
                // Erased since.
                Err(StoreError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(people)
    }

    pub(super) fn contact(&self, id: ContactId) -> &str {
        self.contacts.get(&id).map_or("Unnamed contact", String::as_str)
    }

    pub(super) fn company(&self, id: CompanyId) -> &str {
        self.companies.get(&id).map_or("unnamed company", String::as_str)
    }

    pub(super) fn company_of(&self, record: &SignalRecord) -> Option<&str> {
        self.companies.get(&record.company_id?).map(String::as_str)
    }
}
