//! What is told by mail.

use beckon_testkit::receiver::Receiver;
use beckon_testkit::smtp::SmtpServer;
use serde_json::json;

use crate::beckon::Beckon;

#[tokio::test]
async fn a_webhook_that_is_disabled_is_told_by_mail_also_if_the_mail_server_was_away() {
    let server = SmtpServer::start().await;
    let (address, url) = (server.address(), server.url());
    drop(server);
    let mut beckon = Beckon::start_with(&[
        ("BECKON_SMTP_URL", &url),
        ("BECKON_MAIL_FROM", "Beckon <beckon@example.com>"),
        ("BECKON_MAIL_TO", "ops@example.com, dev@example.com"),
        ("BECKON_PUBLIC_URL", "https://beckon.example.com"),
    ])
    .await;
    let receiver = Receiver::start().await;
    receiver.always(410);
    beckon.event_type("invoice.paid").await;
    let body = json!({ "url": receiver.url("/"), "event_types": ["invoice.paid"], "description": "CRM sync" });
    let webhook = beckon.webhook_with(body).await;
    let id = webhook["id"].as_str().unwrap();
    beckon.publish("invoice.paid", json!({})).await;
    beckon.value_once(&format!("/api/v1/webhooks/{id}"), |webhook| webhook["enabled"] == false).await;
    // What was announced outlives the process.
    beckon.kill();
    let server = SmtpServer::start_at(address).await;
    beckon.start_again().await;

    let mails = server.mails(2).await;
    assert_eq!([&mails[0].to[..], &mails[1].to[..]], [["ops@example.com"], ["dev@example.com"]]);
    assert_eq!(mails[0].source, mails[1].source, "one letter for both");
    let subject = mails[0].header("subject").unwrap();
    assert_eq!(subject, "[Beckon] Webhook \"CRM sync\" was switched off");
    let text = mails[0].text();
    assert!(text.contains("410") && text.contains("What to do") && text.contains(id), "{text}");
    assert!(text.contains("https://beckon.example.com/"), "{text}");

    // Told is told.
    let status = beckon.terminate().await;
    assert!(status.success(), "{status}");
    beckon.start_again().await;
    beckon.publish("invoice.paid", json!({})).await;
    assert_eq!(server.mails_so_far().len(), 2);
}
