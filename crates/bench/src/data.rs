//! Where a server keeps its data while it is measured.

use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::TempDir;

/// A data directory.
#[derive(Debug)]
pub(crate) enum Data {
    /// Of this run; gone with it.
    Fresh(TempDir),
    /// One that was there before and stays.
    Kept(PathBuf),
}

impl Data {
    /// An empty one in `scratch`.
    pub(crate) fn fresh(scratch: &Path) -> anyhow::Result<Data> {
        let directory = tempfile::tempdir_in(scratch);
        Ok(Data::Fresh(directory.with_context(|| format!("making a data directory in {}", scratch.display()))?))
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Data::Fresh(dir) => dir.path(),
            Data::Kept(path) => path,
        }
    }

    /// Bytes of all its files.
    pub(crate) fn bytes(&self) -> anyhow::Result<u64> {
        bytes_under(self.path())
    }
}

fn bytes_under(directory: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory).with_context(|| format!("reading {}", directory.display()))? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { bytes_under(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_all_folders_count() {
        let data = Data::fresh(&std::env::temp_dir()).unwrap();
        std::fs::write(data.path().join("one"), [0; 100]).unwrap();
        std::fs::create_dir(data.path().join("folder")).unwrap();
        std::fs::write(data.path().join("folder/two"), [0; 23]).unwrap();
        assert_eq!(data.bytes().unwrap(), 123);
    }
}
