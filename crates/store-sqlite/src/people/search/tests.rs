use beckon_domain::contact::Contact;
use beckon_testkit::a_vault;
use beckon_testkit::builders::a_contact;
use rusqlite::Connection;

use super::super::words::{asked, change};
use super::*;
use crate::open;

const WORKSPACE: Uuid = Uuid::from_u128(1);
/// Small enough that every word is common to some and rare to others, and pages come short.
const SMALL: Effort = Effort { common_entries: 12, rows: 9 };

fn contacts() -> Vec<Contact> {
    let one = |n: u128| {
        let mut contact = a_contact();
        contact.id = Uuid::from_u128(1_000 + n).into();
        contact.email = beckon_domain::email::Email::parse(&format!("p{n}@acme.test"));
        contact.company_id = n.is_multiple_of(3).then(|| Uuid::from_u128(9).into());
        contact.profile.first_name = Some(["Ann", "Anna", "Bob", "Bobby", "Cy"][(n % 5) as usize].to_owned());
        contact.profile.title = Some(if n % 17 == 4 { "Buyer" } else { "Seller" }.to_owned());
        contact
    };
    (0..100).map(one).collect()
}

fn store(connection: &Connection, contacts: &[Contact]) {
    let vault = a_vault();
    let sql = Sql { connection, vault: &vault, doing: "testing" };
    for contact in contacts {
        change(&sql, WORKSPACE.into(), contact.id.uuid(), Some(contact)).unwrap();
        sql.run(
            "INSERT INTO contact (workspace_id, id, company_id, doc) VALUES (?1, ?2, ?3, ?4)",
            params![
                WORKSPACE,
                contact.id.uuid(),
                contact.company_id.map(|id| id.uuid()),
                serde_json::to_string(contact).unwrap()
            ],
        )
        .unwrap();
    }
}

// behaviour A5 (in part)
#[test]
fn pages_that_come_short_still_show_everybody_once_and_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let connection = open::writer(directory.path(), &a_vault()).unwrap();
    let all = contacts();
    store(&connection, &all);
    let vault = a_vault();
    let sql = Sql { connection: &connection, vault: &vault, doing: "testing" };
    let mut came_short = 0;
    for text in
        ["", "p", "ann", "anna", "bob buy", "buyer", "acme seller", "p1", "nobody", "p nobody", "anna seller test"]
    {
        for company in [None, Some(Uuid::from_u128(9).into()), Some(Uuid::from_u128(8).into())] {
            for limit in [1, 4, 50] {
                let wanted = Wanted { words: asked(text), company };
                let (mut listed, mut after) = (Vec::new(), None);
                loop {
                    let request = PageRequest { limit, after };
                    let effort = if text.is_empty() { Effort { rows: 1_000, ..SMALL } } else { SMALL };
                    let page =
                        page_within::<Contact>(&sql, WORKSPACE.into(), List::Contacts, &wanted, &request, effort)
                            .unwrap();
                    assert!(page.rows.len() <= limit as usize);
                    came_short += usize::from(page.rows.len() < limit as usize && page.next.is_some());
                    listed.extend(page.rows.into_iter().map(|contact| contact.id));
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
                let fits = all.iter().rev().filter(|contact| wanted.fits(*contact));
                assert_eq!(listed, fits.map(|contact| contact.id).collect::<Vec<_>>(), "{text} {company:?}");
            }
        }
    }
    assert!(came_short > 30, "{came_short}: or this would show nothing");
}

#[test]
fn nothing_that_is_asked_for_scans_or_sorts_a_table() {
    let directory = tempfile::tempdir().unwrap();
    let connection = open::writer(directory.path(), &a_vault()).unwrap();
    for text in [
        "SELECT id FROM search_word WHERE workspace_id = ?1 AND kind = ?2 AND word >= ?3 AND word < ?4 LIMIT ?5",
        "SELECT id, doc FROM contact WHERE workspace_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
        "SELECT id, doc FROM contact INDEXED BY contact_of_company
         WHERE workspace_id = ?1 AND company_id = ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4",
    ] {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
        let plan: Vec<String> =
            statement.raw_query().mapped(|row| row.get(3)).collect::<rusqlite::Result<_>>().unwrap();
        assert!(plan.iter().all(|step| step.starts_with("SEARCH")), "{plan:?}");
    }
}
