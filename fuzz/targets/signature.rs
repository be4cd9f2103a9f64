//! Signature headers: whatever stands in one, it verifies only if it holds our signature.
//!
//! The input is the header. The fuzzer cannot forge, so any that verifies must contain the one we would write.
#![no_main]

use beckon_delivery::sign::{PublicKey, sign, verify, verify_public};
use beckon_domain::secret::SigningSecret;
use beckon_domain::signing::{KeyMaterial, SigningKey};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PUBLIC: &str = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const PRIVATE: &str = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const AT: i64 = 1_614_265_330;
const BODY: &[u8] = br#"{"test": 2432232314}"#;

fuzz_target!(|header: &str| {
    let secret = SigningSecret::parse(SECRET).expect("a secret");
    let public = PublicKey::parse(PUBLIC).expect("a public key");
    let ours = |key: &str| {
        let key = SigningKey::new(KeyMaterial::parse(key).expect("a key"), Timestamp::UNIX_EPOCH);
        sign([&key], ID, AT, BODY)
    };
    let holds = |key: &str| header.split(' ').any(|entry| entry == ours(key));
    if header.contains("v1") {
        assert_eq!(verify(&secret, ID, AT, BODY, header), holds(SECRET));
        assert_eq!(verify_public(&public, ID, AT, BODY, header), holds(PRIVATE));
    } else {
        assert!(!verify(&secret, ID, AT, BODY, header));
    }
    // And what is typed as a key is refused or kept as it is.
    if let Ok(material) = KeyMaterial::parse(header) {
        assert_eq!(KeyMaterial::parse(&material.expose()), Ok(material));
    }
});
