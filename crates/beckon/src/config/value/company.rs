//! The files that tell companies, and the domains that tell none.

use std::path::PathBuf;

use beckon_domain::company::Domain;
use figment::value::Value;

use super::{Setting, items_of, quoted, text_of};

/// A file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DataFile(pub(crate) PathBuf);

impl Setting for DataFile {
    fn read(value: &Value) -> Result<DataFile, String> {
        let text = text_of(value).filter(|text| !text.is_empty());
        text.map(|text| DataFile(text.into())).ok_or_else(|| "is not a file's name".to_owned())
    }

    fn show(&self) -> String {
        quoted(&self.0.display().to_string())
    }
}

/// Files to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Files(pub(crate) Vec<PathBuf>);

impl Setting for Files {
    fn read(value: &Value) -> Result<Files, String> {
        let items = items_of(value).filter(|items| items.iter().all(|item| !item.is_empty()));
        let items = items.ok_or("is not a list of files' names: write them like a.mmdb,b.mmdb")?;
        Ok(Files(items.into_iter().map(PathBuf::from).collect()))
    }

    fn show(&self) -> String {
        let files: Vec<_> = self.0.iter().map(|path| quoted(&path.display().to_string())).collect();
        format!("[{}]", files.join(", "))
    }
}

/// Domains.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Domains(pub(crate) Vec<Domain>);

impl Setting for Domains {
    fn read(value: &Value) -> Result<Domains, String> {
        let form = "is not a list of domains: write them like mail.example.com,post.example.net";
        let items = items_of(value).ok_or_else(|| form.to_owned())?;
        let read = |item: &String| Domain::parse(item).ok_or_else(|| format!("{form} ({item:?} is none)"));
        Ok(Domains(items.iter().map(read).collect::<Result<_, _>>()?))
    }

    fn show(&self) -> String {
        let domains: Vec<_> = self.0.iter().map(|domain| quoted(domain.as_str())).collect();
        format!("[{}]", domains.join(", "))
    }
}
