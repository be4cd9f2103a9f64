//! Contacts and companies from CSV.
//!
//! The header row names the columns, in any case and with spaces, `_` or nothing between the words, as
//! spreadsheets and other tools export them; a column that is no field is a trait. An empty cell keeps what is
//! known. A line that is wrong fails alone.
//! Not here: writing them ([`crate::Handle::upsert_contacts`]).

mod columns;

#[cfg(test)]
mod tests;

use beckon_domain::company::Domain;
use beckon_domain::email::Email;
use beckon_domain::invalid::{Findings, Invalid};
use csv::{ByteRecord, ReaderBuilder};
use serde_json::Value;

use crate::tracking::employees;
use crate::{Change, CompanyRef, CompanyUpsert, ContactUpsert};
pub use columns::{COMPANY_COLUMNS, CONTACT_COLUMNS};
use columns::{Column, company_column, contact_column};

/// Most lines of one file, without its header.
pub const LINES_MAX: usize = 100_000;
/// What some programs put at the start of a UTF-8 file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One line of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<T> {
    /// Where it begins in the file; the header is on line 1.
    pub number: u64,
    /// What it says, or what is wrong with it, by the names of the columns.
    pub result: Result<T, Invalid>,
}

/// Reads contacts. A line needs an e-mail address or a user id.
///
/// # Errors
/// What is wrong with the file as a whole, under `file`.
pub fn contacts(csv: &[u8]) -> Result<Vec<Line<ContactUpsert>>, Invalid> {
    read(csv, contact_column, &[Column::Email, Column::UserId], "an email or a user_id", |cells, findings| {
        let mut upsert = ContactUpsert::default();
        for &Cell { column, name, text } in cells {
            match column {
                Column::Email => match Email::parse(text) {
                    Some(email) => set_first(&mut upsert.email, email),
                    None => findings.add(name, format!("{text:?} is not an e-mail address")),
                },
                Column::UserId => upsert.user_id = Change::Set(text.to_owned()),
                Column::Domain => match Domain::parse(text) {
                    Some(domain) => set_first(&mut upsert.company, CompanyRef { domain }),
                    None => findings.add(name, format!("{text:?} is not a domain")),
                },
                Column::Field(field) => {
                    upsert.profile.insert((*field).to_owned(), Some(text.to_owned()));
                }
                Column::Trait(named) => {
                    upsert.traits.insert(named.clone(), Value::from(text));
                }
                Column::GroupId => {}
            }
        }
        upsert
    })
}

/// Reads companies. A line needs a domain or a group id.
///
/// # Errors
/// As [`contacts`].
pub fn companies(csv: &[u8]) -> Result<Vec<Line<CompanyUpsert>>, Invalid> {
    read(csv, company_column, &[Column::Domain, Column::GroupId], "a domain or a group_id", |cells, findings| {
        let mut upsert = CompanyUpsert::default();
        for &Cell { column, name, text } in cells {
            match column {
                Column::Domain => match Domain::parse(text) {
                    Some(domain) => set_first(&mut upsert.domain, domain),
                    None => findings.add(name, format!("{text:?} is not a domain")),
                },
                Column::GroupId => upsert.group_id = Change::Set(text.to_owned()),
                Column::Field("employees") => match employees(&Value::from(text)) {
                    Some(count) => {
                        upsert.profile.insert("employees".to_owned(), Value::from(count));
                    }
                    None => findings.add(name, format!("{text:?} is not a whole number")),
                },
                Column::Field(field) => {
                    upsert.profile.insert((*field).to_owned(), Value::from(text));
                }
                Column::Trait(named) => {
                    upsert.traits.insert(named.clone(), Value::from(text));
                }
                Column::Email | Column::UserId => {}
            }
        }
        upsert
    })
}

/// Of two columns that mean the same field, the first counts.
fn set_first<T>(field: &mut Change<T>, value: T) {
    if field.new_value().is_none() {
        *field = Change::Set(value);
    }
}

/// A cell with something in it.
struct Cell<'a> {
    column: &'a Column,
    /// As the header names it.
    name: &'a str,
    text: &'a str,
}

fn read<T>(
    csv: &[u8],
    column_of: impl Fn(&str) -> Column,
    keys: &[Column],
    needed: &str,
    build: impl Fn(&[Cell<'_>], &mut Findings) -> T,
) -> Result<Vec<Line<T>>, Invalid> {
    let csv = csv.strip_prefix(BYTE_ORDER_MARK).unwrap_or(csv);
    let wrong = |reason: String| Invalid::one("file", reason);
    let mut reader = ReaderBuilder::new().flexible(true).delimiter(delimiter(csv)).from_reader(csv);
    let header = reader.headers().map_err(|error| wrong(format!("the header row cannot be read: {error}")))?.clone();
    let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    if names.iter().all(String::is_empty) {
        return Err(wrong("is empty: a header row must name the columns".to_owned()));
    }
    let columns: Vec<Column> = names.iter().map(|name| column_of(name)).collect();
    if !columns.iter().any(|column| keys.contains(column)) {
        return Err(wrong(format!("no column gives {needed}; there are {}", names.join(", "))));
    }
    let mut lines = Vec::new();
    let mut lines_before = LineNumbers { csv, seen: 0, number: 1 };
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|error| wrong(format!("cannot be read: {error}")))? {
        if lines.len() == LINES_MAX {
            return Err(wrong(format!("has more than {LINES_MAX} lines; split it")));
        }
        let number = lines_before.of(record.position());
        let result = cells(&record, &columns, &names).and_then(|cells| {
            let mut findings = Findings::default();
            if !cells.iter().any(|cell| keys.contains(cell.column)) {
                findings.add("line", format!("has neither {}", needed.replace(" or ", " nor ")));
            }
            let built = build(&cells, &mut findings);
            findings.into_result(built)
        });
        lines.push(Line { number, result });
    }
    Ok(lines)
}

fn cells<'a>(record: &'a ByteRecord, columns: &'a [Column], names: &'a [String]) -> Result<Vec<Cell<'a>>, Invalid> {
    if record.len() > columns.len() {
        let reason = format!("has {} cells, the header has {}", record.len(), columns.len());
        return Err(Invalid::one("line", reason));
    }
    let mut cells = Vec::new();
    for ((bytes, column), name) in record.iter().zip(columns).zip(names) {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Err(Invalid::one(name.as_str(), "is not UTF-8 text: save the file as UTF-8"));
        };
        let text = text.trim();
        if !text.is_empty() && !name.is_empty() {
            cells.push(Cell { column, name, text });
        }
    }
    Ok(cells)
}

/// Counts line ends; the reader's own count leaves out blank lines and half of CRLF.
struct LineNumbers<'a> {
    csv: &'a [u8],
    seen: usize,
    number: u64,
}

impl LineNumbers<'_> {
    /// The line on which a record begins. Records are asked for in their order.
    fn of(&mut self, position: Option<&csv::Position>) -> u64 {
        let begins = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.seen);
        let rest = self.csv.get(begins.max(self.seen)..).unwrap_or_default();
        let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let begins = begins.max(self.seen) + blank;
        let passed = self.csv.get(self.seen..begins).unwrap_or_default();
        self.number += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.seen = begins;
        self.number
    }
}

/// What stands between cells: a comma, or what spreadsheets in many countries write instead.
fn delimiter(csv: &[u8]) -> u8 {
    let header = csv.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if header.contains(&b',') {
        return b',';
    }
    [b';', b'\t'].into_iter().find(|other| header.contains(other)).unwrap_or(b',')
}
