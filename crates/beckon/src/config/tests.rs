//! Which source wins, what is refused in which words, and that secrets stay hidden.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::SignedDuration;

use super::error::BadSetting;
use super::source::Origin;
use super::*;
use crate::config::flags::ServeFlags;

struct Given {
    directory: tempfile::TempDir,
    sources: Sources,
}

/// Sources with this beckon.toml, if it is not empty, and these environment variables.
fn given(toml: &str, environment: &[(&str, &str)]) -> Given {
    let directory = tempfile::tempdir().unwrap();
    if !toml.is_empty() {
        std::fs::write(directory.path().join("beckon.toml"), toml).unwrap();
    }
    let environment: BTreeMap<_, _> = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let sources = Sources { flags: ServeFlags::default(), environment, directory: directory.path().to_owned() };
    Given { directory, sources }
}

fn bad(given: &Given) -> Vec<BadSetting> {
    match Config::read(&given.sources).map(|(config, _)| config) {
        Err(ConfigError::Settings(bad)) => bad,
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_any_source_the_defaults_hold() {
    let given = given("", &[]);
    let (config, reader) = Config::read(&given.sources).unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(config.listen.to_string(), "127.0.0.1:8420");
    assert_eq!(config.database_dir(), Path::new("./beckon-data"));
    assert_eq!(KEYS.map(|key| reader.origin(key)), KEYS.map(|_| Origin::Default));
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file_and_each_value_knows_its_source() {
    let toml = "listen = \"127.0.0.1:1\"\ndata_dir = \"from-file\"\ntimeout = 7";
    let mut given = given(toml, &[("BECKON_LISTEN", "127.0.0.1:2"), ("BECKON_DATA_DIR", "from-env")]);
    given.sources.flags.listen = Some("127.0.0.1:3".to_owned());
    let (config, reader) = Config::read(&given.sources).unwrap();
    assert_eq!(config.listen.port(), 3);
    assert_eq!(config.data_dir, Path::new("from-env"));
    assert_eq!(config.timeout, Duration::from_secs(7));
    assert_eq!(reader.origin("listen"), Origin::Flag);
    assert_eq!(reader.origin("data_dir"), Origin::Environment);
    assert_eq!(reader.origin("timeout"), Origin::File(given.directory.path().join("beckon.toml")));
    assert_eq!(reader.origin("https_only"), Origin::Default);
    assert_eq!(reader.origin("listen").named("listen"), "--listen");
    assert_eq!(reader.origin("data_dir").named("data_dir"), "BECKON_DATA_DIR");
}

#[test]
fn every_setting_is_read_from_text_as_from_toml() {
    let toml = r#"
        allow_nets = ["10.0.0.0/8", "::1"]
        https_only = true
        retry_schedule = [5, "5m"]
        payload_bytes_max = 4096
        log_format = "json"
        database_url = "sqlite:/data/x"
    "#;
    let environment = [
        ("BECKON_ALLOW_NETS", "10.0.0.0/8, ::1/128"),
        ("BECKON_HTTPS_ONLY", "true"),
        ("BECKON_RETRY_SCHEDULE", "5s,5m"),
        ("BECKON_PAYLOAD_BYTES_MAX", "4KiB"),
        ("BECKON_LOG_FORMAT", "json"),
        ("BECKON_DATABASE_URL", "sqlite:///data/x/beckon.db"),
    ];
    let (from_file, _) = Config::read(&given(toml, &[]).sources).unwrap();
    let (from_environment, _) = Config::read(&given("", &environment).sources).unwrap();
    assert_eq!(from_file, from_environment);
    assert_eq!(from_file.retry_schedule.0, [SignedDuration::from_secs(5), SignedDuration::from_mins(5)]);
    assert_eq!(from_file.database_dir(), Path::new("/data/x"));
}

#[test]
fn an_empty_variable_counts_as_not_set_and_none_is_a_schedule_of_one_attempt() {
    let given = given("", &[("BECKON_API_KEY", ""), ("BECKON_RETRY_SCHEDULE", "none")]);
    let (config, reader) = Config::read(&given.sources).unwrap();
    assert_eq!(config.api_key, None);
    assert_eq!(reader.origin("api_key"), Origin::Default);
    assert_eq!(config.retry_schedule.0, []);
}

#[test]
fn a_key_of_digits_stays_the_key_it_is() {
    let given = given("", &[("BECKON_API_KEY", "0012300456007890")]);
    let (config, _) = Config::read(&given.sources).unwrap();
    assert_eq!(config.api_key.unwrap().expose(), "0012300456007890");
}

#[test]
fn everything_wrong_is_told_at_once_with_its_source() {
    let given = given(
        "timeout = \"99s\"\nlisten = \"8420\"",
        &[("BECKON_ALLOW_NETS", "10.0.0.0/8,home"), ("BECKON_LOG_LEVEL", "loud")],
    );
    let bad = bad(&given);
    let told: Vec<_> = bad.iter().map(|one| (one.key.as_str(), one.origin.named(&one.key))).collect();
    let file = given.directory.path().join("beckon.toml").display().to_string();
    assert_eq!(
        told,
        [
            ("listen", file.clone()),
            ("allow_nets", "BECKON_ALLOW_NETS".to_owned()),
            ("timeout", file),
            ("log_level", "BECKON_LOG_LEVEL".to_owned()),
        ]
    );
    assert!(bad[0].reason.starts_with("\"8420\" is not an address"), "{}", bad[0].reason);
    assert!(bad[1].reason.contains("\"home\" is none"), "{}", bad[1].reason);
    assert!(bad[2].reason.contains("\"99s\" is out of bounds: give \"1s\" to \"30s\""), "{}", bad[2].reason);
}

#[test]
fn an_unknown_setting_of_the_file_is_refused_with_the_nearest_known_one() {
    let given = given("data-dir = \"x\"\n[webhooks]\na = 1", &[]);
    let bad = bad(&given);
    assert_eq!(bad.iter().map(|one| one.key.as_str()).collect::<Vec<_>>(), ["data-dir", "webhooks"]);
    assert!(bad[0].reason.contains("did you mean data_dir?"), "{}", bad[0].reason);
    assert!(bad[1].reason.contains("there are listen"), "{}", bad[1].reason);
    assert!(matches!(&bad[0].origin, Origin::File(path) if path.ends_with("beckon.toml")));
}

#[test]
fn a_file_that_was_named_must_be_there_and_be_toml() {
    let mut missing = given("", &[]);
    missing.sources.flags.config = Some("other.toml".into());
    assert!(
        matches!(Config::read(&missing.sources), Err(ConfigError::File { path, .. }) if path.ends_with("other.toml"))
    );
    let by_variable = given("", &[("BECKON_CONFIG", "other.toml")]);
    assert!(matches!(Config::read(&by_variable.sources), Err(ConfigError::File { .. })));
    let broken = given("listen = ", &[]);
    assert!(
        matches!(Config::read(&broken.sources), Err(ConfigError::NotToml { path, .. }) if path.ends_with("beckon.toml"))
    );
}

#[test]
fn postgresql_is_refused_in_plain_words() {
    let bad = bad(&given("", &[("BECKON_DATABASE_URL", "postgres://user:hunter2@db/beckon")]));
    assert!(bad[0].reason.contains("this version does not support"), "{}", bad[0].reason);
    assert!(!bad[0].reason.contains("hunter2"), "{}", bad[0].reason);
}

#[test]
fn a_database_is_a_directory_whose_file_has_one_name() {
    for odd in ["sqlite:", "sqlite:other.db", "sqlite::memory:", "mysql://x", "beckon.db", "sqlite:x?mode=ro"] {
        let bad = bad(&given("", &[("BECKON_DATABASE_URL", odd)]));
        assert!(bad[0].reason.contains("write sqlite:DIRECTORY"), "{odd}: {}", bad[0].reason);
    }
    let (config, _) = Config::read(&given("", &[("BECKON_DATABASE_URL", "sqlite:beckon.db")]).sources).unwrap();
    assert_eq!(config.database_dir(), Path::new("."));
}

#[test]
fn secrets_are_masked_where_the_configuration_is_shown_and_where_it_is_wrong() {
    let good = given("", &[("BECKON_API_KEY", "bk_topsecret_and_long"), ("BECKON_WRITE_KEY", "wk_topsecret")]);
    let (config, reader) = Config::read(&good.sources).unwrap();
    let shown = config.show(&reader);
    assert!(!shown.contains("topsecret") && !format!("{config:?}").contains("topsecret"), "{shown}");
    assert!(shown.contains("api_key = \"***\""), "{shown}");
    assert!(shown.contains("# from BECKON_API_KEY"), "{shown}");

    for wrong in ["top secret", "topsecret"] {
        let given = given("", &[("BECKON_API_KEY", wrong)]);
        let error = Config::read(&given.sources).map(|(config, _)| config).unwrap_err().to_string();
        assert!(error.contains("BECKON_API_KEY") && !error.contains(wrong), "{error}");
    }
}

#[test]
fn credentials_of_proxies_and_mail_servers_and_the_encryption_key_are_masked() {
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let good = given(
        "",
        &[
            ("BECKON_ENCRYPTION_KEY", key),
            ("BECKON_PROXY", "http://user:hunter2@proxy.example.com:3128"),
            ("BECKON_SMTP_URL", "smtps://user:hunter3@mail.example.com"),
            ("BECKON_MAIL_FROM", "Beckon <beckon@example.com>"),
            ("BECKON_MAIL_TO", "ops@example.com, dev@example.com"),
        ],
    );
    let (config, reader) = Config::read(&good.sources).unwrap();
    assert_eq!(config.mail_to.len(), 2);
    for text in [config.show(&reader), format!("{config:?}")] {
        assert!(!text.contains("hunter") && !text.contains(key), "{text}");
    }
    let shown = config.show(&reader);
    for line in ["encryption_key = \"***\"", "smtps://***@mail.example.com:465", "http://***@proxy.example.com:3128"] {
        assert!(shown.contains(line), "{shown}");
    }
    for (name, wrong) in [
        ("BECKON_ENCRYPTION_KEY", "hunter2"),
        ("BECKON_PROXY", "gopher://user:hunter2@proxy:1"),
        ("BECKON_SMTP_URL", "smtp://user:hunter2@mail.example.com?tls=none"),
    ] {
        let error =
            Config::read(&given("", &[(name, wrong)]).sources).map(|(config, _)| config).unwrap_err().to_string();
        assert!(error.contains(name) && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn settings_that_only_make_sense_together_are_asked_for() {
    let wrong = |environment: &[(&str, &str)]| -> Vec<String> {
        bad(&given("", environment)).into_iter().map(|bad| bad.key).collect()
    };
    assert_eq!(wrong(&[("BECKON_SMTP_URL", "smtps://mail.example.com")]), ["mail_from", "mail_to"]);
    assert_eq!(wrong(&[("BECKON_MAIL_TO", "ops@example.com")]), ["mail_to"]);
    assert_eq!(wrong(&[("BECKON_SMTP_URL", "nowhere"), ("BECKON_MAIL_TO", "ops@example.com")]), ["smtp_url"]);
    assert_eq!(wrong(&[("BECKON_PROXY_RESOLVES_NAMES", "true")]), ["proxy_resolves_names"]);
    assert_eq!(
        wrong(&[("BECKON_DISABLE_AFTER", "0s"), ("BECKON_PUBLIC_URL", "ftp://x")]),
        ["disable_after", "public_url"]
    );
}

#[test]
fn what_is_shown_reads_back_as_the_same_configuration() {
    let environment = [
        ("BECKON_ALLOW_NETS", "127.0.0.0/8,::1/128"),
        ("BECKON_DATABASE_URL", "sqlite:x \"y\""),
        ("BECKON_RETRY_SCHEDULE", "1s,90s,500ms"),
        ("BECKON_LOG_LEVEL", "info,beckon_delivery=debug"),
        ("BECKON_DISABLE_AFTER", "36h"),
        ("BECKON_PROXY", "socks5://127.0.0.1:1080"),
        ("BECKON_PROXY_RESOLVES_NAMES", "true"),
        ("BECKON_PUBLIC_URL", "https://beckon.example.com/x"),
        ("BECKON_SMTP_URL", "smtp://[::1]:25?tls=none"),
        ("BECKON_MAIL_FROM", "\"Beckon, Inc.\" <beckon@example.com>"),
        ("BECKON_MAIL_TO", "ops@example.com,Dev <dev@example.com>"),
    ];
    let (config, reader) = Config::read(&given("", &environment).sources).unwrap();
    let (again, _) = Config::read(&given(&config.show(&reader), &[]).sources).unwrap();
    assert_eq!(again, config);
}

#[test]
fn files_and_domains_are_lists_in_every_source_and_a_flag_can_be_repeated() {
    let toml = "company_mmdb = [\"a.mmdb\", \"b.mmdb\"]\nfree_mail_domains = \"Mail.Example, post.example\"";
    let mut sources =
        given(toml, &[("BECKON_TRUSTED_PROXIES", "10.0.0.0/8,127.0.0.1"), ("BECKON_DETECT_BOTS", "false")]);
    let (config, reader) = Config::read(&sources.sources).unwrap();
    assert_eq!(config.company_mmdb.0, [Path::new("a.mmdb"), Path::new("b.mmdb")]);
    assert_eq!(
        config.free_mail_domains.0.iter().map(|d| d.as_str()).collect::<Vec<_>>(),
        ["mail.example", "post.example"]
    );
    assert_eq!((config.trusted_proxies.len(), config.detect_bots), (2, false));
    let shown = config.show(&reader);
    assert!(shown.contains("company_mmdb = [\"a.mmdb\", \"b.mmdb\"]"), "{shown}");
    assert!(shown.contains("# company_networks is not set"), "{shown}");

    sources.sources.flags.company_mmdb = vec!["c.mmdb".to_owned(), "d.mmdb".to_owned()];
    let (config, _) = Config::read(&sources.sources).unwrap();
    assert_eq!(config.company_mmdb.0, [Path::new("c.mmdb"), Path::new("d.mmdb")]);

    let wrong = given("company_mmdb = [\"\"]\nfree_mail_domains = \"mail\"", &[("BECKON_TRUSTED_PROXIES", "proxy")]);
    let mut keys: Vec<_> = bad(&wrong).into_iter().map(|bad| bad.key).collect();
    keys.sort();
    assert_eq!(keys, ["company_mmdb", "free_mail_domains", "trusted_proxies"]);
}
