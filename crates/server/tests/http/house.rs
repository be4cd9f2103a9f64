//! A whole Beckon to talk to: store, intake, delivery and router.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use beckon_domain::ambient::Ambient;
use beckon_domain::id::WorkspaceId;
use beckon_domain::key::{ApiKey, Workspace};
use beckon_server::{App, AppParts, Options, auth, router};
use beckon_store::{ConfigCache, KeyStore, SharedStore};
use beckon_store_sqlite::SqliteStore;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// The API key of [`House::workspace`].
pub(crate) const KEY: &str = "bk_test_0123456789";

/// How long anything that must happen may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running Beckon.
pub(crate) struct House {
    pub(crate) router: Router,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) ambient: Ambient,
    pub(crate) workspace: WorkspaceId,
    shutdown: CancellationToken,
    _data: tempfile::TempDir,
}

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn code(&self) -> String {
        assert_eq!(self.headers[CONTENT_TYPE], "application/problem+json", "{}", self.text);
        self.json()["code"].as_str().unwrap().to_owned()
    }

    /// The names of the wrong fields, sorted.
    pub(crate) fn fields(&self) -> Vec<String> {
        let json = self.json();
        let mut fields: Vec<_> =
            json["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap().to_owned()).collect();
        fields.sort();
        fields
    }

    pub(crate) fn id(&self) -> String {
        self.json()["id"].as_str().unwrap_or_else(|| panic!("{}", self.text)).to_owned()
    }
}

impl House {
    pub(crate) async fn new() -> House {
        House::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> House {
        House::over(options, beckon_testkit::real_ambient()).await
    }

    /// With a clock of one's own.
    pub(crate) async fn over(options: Options, ambient: Ambient) -> House {
        let data = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(
            beckon_store_sqlite::Options::new(data.path(), beckon_testkit::a_vault()),
            ambient.clone(),
        )
        .unwrap();
        let shared: SharedStore = store.clone();
        let config = Arc::new(ConfigCache::new(shared.clone()));
        let intake_options = beckon_intake::Options::default();
        let (intake, intake_handle) =
            beckon_intake::Service::new(shared.clone(), config.clone(), ambient.clone(), intake_options.clone());
        let delivery_options = beckon_delivery::Options {
            allow_nets: vec!["127.0.0.0/8".parse().unwrap()],
            ..beckon_delivery::Options::default()
        };
        let (delivery, delivery_handle) =
            beckon_delivery::Service::new(shared.clone(), config.clone(), ambient.clone(), delivery_options).unwrap();
        let shutdown = CancellationToken::new();
        tokio::spawn(intake.run(shutdown.clone()));
        tokio::spawn(delivery.run(shutdown.clone()));
        let publisher = beckon_intake::Publisher::new(shared.clone(), config.clone(), ambient.clone(), intake_options);
        let router = router(App::new(AppParts {
            store: shared,
            config,
            intake: intake_handle,
            clients: Default::default(),
            publisher: Arc::new(publisher),
            delivery: delivery_handle,
            ambient: ambient.clone(),
            options,
            link_key: [7; 32],
            stop: Default::default(),
        }));
        let workspace = WorkspaceId::from(uuid::Uuid::nil());
        let mut house = House { router, store, ambient, workspace, shutdown, _data: data };
        house.workspace = house.add_workspace(KEY).await;
        house
    }

    /// Adds a workspace that this key opens.
    pub(crate) async fn add_workspace(&self, key: &str) -> WorkspaceId {
        let now = self.ambient.now();
        let workspace = Workspace { id: self.ambient.new_id(), name: "w".to_owned(), created_at: now };
        self.store.create_workspace(&workspace).await.unwrap();
        let record = ApiKey {
            id: self.ambient.new_id(),
            workspace_id: workspace.id,
            name: "first".to_owned(),
            hint: auth::hint(key),
            created_at: now,
            revoked_at: None,
        };
        self.store.create_api_key(&record, auth::hash(key)).await.unwrap();
        workspace.id
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    /// Sends a request with an API key, and JSON text if there is any.
    pub(crate) async fn call_as(&self, key: &str, method: Method, path: &str, body: &str) -> Answer {
        self.call_with(method, path, body, &[("authorization", &format!("Bearer {key}"))]).await
    }

    pub(crate) async fn call_with(&self, method: Method, path: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        if headers.iter().all(|(name, _)| *name != "authorization") {
            request = request.header(AUTHORIZATION, format!("Bearer {KEY}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call_as(KEY, Method::GET, path, "").await
    }

    /// What is at `path`, once it is `done`.
    pub(crate) async fn once(&self, path: &str, done: impl Fn(&Value) -> bool) -> Value {
        let wait = async {
            loop {
                let answer = self.get(path).await.json();
                if done(&answer) {
                    return answer;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{path} does not come to that"))
    }

    pub(crate) async fn post(&self, path: &str, body: impl ToString) -> Answer {
        self.call_as(KEY, Method::POST, path, &body.to_string()).await
    }

    pub(crate) async fn patch(&self, path: &str, body: impl ToString) -> Answer {
        self.call_as(KEY, Method::PATCH, path, &body.to_string()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call_as(KEY, Method::DELETE, path, "").await
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}
