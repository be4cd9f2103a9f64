//! The key that the webhooks' secrets are sealed with in the database.
//!
//! Either the operator gives it (setting `encryption_key`), or the first start makes one and keeps it in
//! [`KEY_FILE`] in the data directory, readable by its owner only.
//! Promises: a key that was made is on disk before the database uses it; where there is a sealed database but no key,
//! no new one is made, because it would not open what the old one sealed. The key does not print.
//! Not here: sealing (`beckon_store::vault`), and whether a key is the one of a database (the store knows).

use std::fmt;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beckon_domain::ambient::Ambient;
use beckon_store::Vault;
use beckon_store::vault::KEY_BYTES;
use beckon_store_sqlite::DATABASE_FILE;
use sha2::{Digest, Sha256};

use crate::config::Config;

/// The key's file name in the data directory.
pub(crate) const KEY_FILE: &str = "beckon.key";
/// Largest file that is read as a key, in bytes.
const FILE_BYTES_MAX: u64 = 4096;
/// What others may do with a file, in the bits of its mode.
#[cfg(unix)]
const OTHERS: u32 = 0o077;

/// A key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct EncryptionKey([u8; KEY_BYTES]);

impl EncryptionKey {
    /// Reads a key; the error says what would be right without repeating anything.
    pub(crate) fn parse(text: &str) -> Result<EncryptionKey, String> {
        let form =
            format!("is not a key: give {KEY_BYTES} bytes in base64, as openssl rand -base64 {KEY_BYTES} prints");
        let bytes = STANDARD.decode(text.trim()).ok().ok_or_else(|| form.clone())?;
        bytes.try_into().map(EncryptionKey).map_err(|bytes: Vec<u8>| format!("{form}; this has {}", bytes.len()))
    }

    /// A vault under this key.
    pub(crate) fn vault(&self, ambient: &Ambient) -> Vault {
        Vault::new(&self.0, ambient.clone())
    }

    /// What portal links are signed with: another key that nobody can know without this one, nor this one from it.
    pub(crate) fn link_key(&self) -> [u8; KEY_BYTES] {
        Sha256::new().chain_update(b"beckon portal links").chain_update(self.0).finalize().into()
    }

    /// The key as text, for its file.
    fn expose(&self) -> String {
        STANDARD.encode(self.0)
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The key to open the database with, and where it is from.
#[derive(Debug)]
pub(crate) struct Provided {
    pub(crate) key: EncryptionKey,
    /// The file it was read from; `None` if the configuration gave it.
    pub(crate) file: Option<PathBuf>,
    /// Whether it was made just now.
    pub(crate) made: bool,
}

/// Finds the key of the configuration or of the data directory, or makes one for a database in which nothing was
/// sealed yet. Blocks.
pub(crate) fn provide(config: &Config, ambient: &Ambient) -> anyhow::Result<Provided> {
    let file = config.data_dir.join(KEY_FILE);
    if let Some(found) = find(config)? {
        return Ok(found);
    }
    anyhow::ensure!(
        beckon_store_sqlite::key_of(&config.database_dir())?.is_none(),
        "the key is missing: {} holds secrets that were sealed with it, and {} is not there\n  \
         put the file back, or give the key as BECKON_ENCRYPTION_KEY; no other key opens that database",
        config.database_dir().join(DATABASE_FILE).display(),
        file.display(),
    );
    let made = make(ambient);
    if keep(&made, &file)? {
        return Ok(Provided { key: made, file: Some(file), made: true });
    }
    // Somebody else made one in the same moment; it is theirs that counts.
    let key = read(&file)?.with_context(|| format!("{} was there and is gone", file.display()))?;
    Ok(Provided { key, file: Some(file), made: false })
}

/// Makes a key nobody can guess.
pub(crate) fn make(ambient: &Ambient) -> EncryptionKey {
    let mut bytes = [0; KEY_BYTES];
    ambient.fill(&mut bytes);
    EncryptionKey(bytes)
}

/// Finds the key of the configuration or of the data directory. Blocks.
pub(crate) fn find(config: &Config) -> anyhow::Result<Option<Provided>> {
    if let Some(key) = &config.encryption_key {
        return Ok(Some(Provided { key: key.clone(), file: None, made: false }));
    }
    let file = config.data_dir.join(KEY_FILE);
    Ok(read(&file)?.map(|key| Provided { key, file: Some(file), made: false }))
}

/// Reads the key file of the data directory, if there is one. One that others can read is closed to them, with a
/// warning.
fn read(path: &Path) -> anyhow::Result<Option<EncryptionKey>> {
    let key = read_as_is(path)?;
    if key.is_some() {
        close_to_others(path)?;
    }
    Ok(key)
}

/// Reads a key file that is not the data directory's, if there is one. Who can read it is up to whoever put it there.
pub(crate) fn read_as_is(path: &Path) -> anyhow::Result<Option<EncryptionKey>> {
    let cannot = || format!("the key file {} cannot be read", path.display());
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(cannot),
    };
    anyhow::ensure!(metadata.is_file() && metadata.len() <= FILE_BYTES_MAX, "{} is not a key file", path.display());
    let text = fs::read_to_string(path).with_context(cannot)?;
    let key =
        EncryptionKey::parse(&text).map_err(|reason| anyhow::anyhow!("what {} holds {reason}", path.display()))?;
    Ok(Some(key))
}

/// Writes a key file, whole or not at all, and has it on disk when it returns. Answers `false` if there is a file
/// of that name already, which stays as it is.
pub(crate) fn keep(key: &EncryptionKey, path: &Path) -> anyhow::Result<bool> {
    let cannot = || format!("the key file {} cannot be written", path.display());
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(directory).with_context(cannot)?;
    // Only its owner can read such a file, from the beginning.
    let mut file = tempfile::Builder::new().prefix(".beckon-key-").tempfile_in(directory).with_context(cannot)?;
    writeln!(file, "{}", key.expose()).with_context(cannot)?;
    file.as_file().sync_all().with_context(cannot)?;
    match file.persist_noclobber(path) {
        Ok(_) => {}
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => return Err(error.error).with_context(cannot),
    }
    // Now the name is to be on disk too.
    File::open(directory).and_then(|directory| directory.sync_all()).with_context(cannot)?;
    Ok(true)
}

#[cfg(unix)]
fn close_to_others(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & OTHERS == 0 {
        return Ok(());
    }
    tracing::warn!(
        file = %path.display(),
        "others could read the key file: it is closed to them now, but who has read it can open the database"
    );
    fs::set_permissions(path, fs::Permissions::from_mode(mode & !OTHERS & 0o777)).with_context(|| {
        format!("others can read the key file {}, and that cannot be changed: chmod 600 it", path.display())
    })
}

#[cfg(not(unix))]
fn close_to_others(_: &Path) -> anyhow::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use beckon_store_sqlite::SqliteStore;
    use std::os::unix::fs::PermissionsExt as _;

    const TEXT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn config(directory: &Path) -> Config {
        Config { data_dir: directory.to_owned(), ..Config::default() }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_key_is_32_bytes_in_base64_and_never_prints_or_is_repeated() {
        let key = EncryptionKey::parse(&format!(" {TEXT}\n")).unwrap();
        assert_eq!(key.expose(), TEXT);
        assert_eq!(format!("{key:?}"), "***");
        for wrong in ["", "not base64!", "c2hvcnQ=", &TEXT[..40], &TEXT.repeat(2)] {
            let reason = EncryptionKey::parse(wrong).unwrap_err();
            assert!(reason.contains("32 bytes in base64"), "{reason}");
            assert!(wrong.is_empty() || !reason.contains(wrong), "{reason}");
        }
    }

    #[test]
    fn the_first_start_makes_a_key_for_its_owner_only_and_the_next_finds_it() {
        let directory = tempfile::tempdir().unwrap();
        let config = config(&directory.path().join("data"));
        let ambient = crate::ambient::real().unwrap();
        let made = provide(&config, &ambient).unwrap();
        let file = config.data_dir.join(KEY_FILE);
        assert!(made.made && made.file.as_deref() == Some(&*file));
        assert_eq!(mode(&file), 0o600);
        let found = provide(&config, &ambient).unwrap();
        assert!(!found.made && found.key == made.key);
        assert_eq!(fs::read_dir(&config.data_dir).unwrap().count(), 1, "nothing is left beside it");
    }

    #[tokio::test]
    async fn a_database_without_its_key_is_refused_and_gets_no_new_one() {
        let directory = tempfile::tempdir().unwrap();
        let (config, ambient) = (config(directory.path()), crate::ambient::real().unwrap());
        let vault = EncryptionKey([1; KEY_BYTES]).vault(&ambient);
        let options = beckon_store_sqlite::Options::new(directory.path(), vault);
        SqliteStore::open(options, ambient.clone()).unwrap().close().await;
        let error = provide(&config, &ambient).unwrap_err().to_string();
        assert!(error.contains("put the file back") && error.contains("BECKON_ENCRYPTION_KEY"), "{error}");
        assert!(!directory.path().join(KEY_FILE).exists());
    }

    #[test]
    fn a_key_of_the_configuration_is_used_and_not_written_down() {
        let directory = tempfile::tempdir().unwrap();
        let key = EncryptionKey::parse(TEXT).unwrap();
        let config = Config { encryption_key: Some(key.clone()), ..config(directory.path()) };
        let provided = provide(&config, &crate::ambient::real().unwrap()).unwrap();
        assert!(provided.key == key && provided.file.is_none());
        assert!(!directory.path().join(KEY_FILE).exists());
    }

    #[test]
    fn a_key_that_is_there_already_is_not_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(KEY_FILE);
        let (first, second) = (EncryptionKey([1; KEY_BYTES]), EncryptionKey([2; KEY_BYTES]));
        assert!(keep(&first, &file).unwrap());
        assert!(!keep(&second, &file).unwrap());
        assert!(read(&file).unwrap() == Some(first));
    }

    #[test]
    fn a_file_that_others_can_read_is_closed_to_them() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(KEY_FILE);
        fs::write(&file, TEXT).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(read_as_is(&file).unwrap().is_some());
        assert_eq!(mode(&file), 0o644, "one that lies elsewhere is left as it is");
        assert!(read(&file).unwrap().is_some());
        assert_eq!(mode(&file), 0o600);
    }

    #[test]
    fn a_file_that_holds_no_key_is_refused_by_name() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(KEY_FILE);
        fs::write(&file, "hunter2").unwrap();
        let error = read(&file).unwrap_err().to_string();
        assert!(error.contains(KEY_FILE) && !error.contains("hunter2"), "{error}");
    }
}
