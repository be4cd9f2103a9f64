//! TLS: what is trusted and what is shown, webhook by webhook.

use beckon_testkit::Authority;
use beckon_testkit::authority::Issued;

use super::*;

fn trusting(receiver: &Receiver, authority: &Authority) -> Webhook {
    Webhook { ca_certificates: Some(authority.pem()), ..webhook_to(&receiver.url("/hook")) }
}

async fn fault(sender: &Sender, webhook: &Webhook) -> TlsFault {
    match sender.send(webhook).await.result {
        Err(SendFailure::Tls(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn https_works_and_its_phases_are_timed() {
    let authority = Authority::default();
    let receiver = Receiver::start_tls(authority.issue("localhost").server()).await;
    let sent = sender().send(&trusting(&receiver, &authority)).await;
    assert_eq!(status(&sent), 200);
    let timings = sent.exchange.timings;
    assert!(timings.dns_us.is_some() && timings.connect_us.is_some() && timings.tls_us.is_some(), "{timings:?}");
    assert_eq!(receiver.received(1).await[0].path, "/hook");
}

// behaviour T2 (in part)
#[tokio::test]
async fn a_certificate_that_is_not_right_says_why() {
    let authority = Authority::default();
    let sender = sender();
    let other = Receiver::start_tls(authority.issue("other.example").server()).await;
    let found = fault(&sender, &trusting(&other, &authority)).await;
    assert!(matches!(found, TlsFault::WrongName), "{found:?}");
    let expired = Receiver::start_tls(authority.issue_expired("localhost").server()).await;
    let found = fault(&sender, &trusting(&expired, &authority)).await;
    assert!(matches!(found, TlsFault::Expired), "{found:?}");
    let self_signed = Receiver::start_tls(Issued::self_signed("localhost").server()).await;
    let found = fault(&sender, &trusting(&self_signed, &authority)).await;
    assert!(matches!(found, TlsFault::UnknownIssuer), "{found:?}");
    assert_eq!(other.count() + expired.count() + self_signed.count(), 0);
}

#[tokio::test]
async fn what_one_webhook_trusts_no_other_does_and_they_share_no_connection() {
    let authority = Authority::default();
    let receiver = Receiver::start_tls(authority.issue("localhost").server()).await;
    let sender = sender();
    let webhook = trusting(&receiver, &authority);
    sender.send(&webhook).await;
    while sender.pool.is_empty() {
        tokio::task::yield_now().await;
    }
    let plain = Webhook { ca_certificates: None, ..webhook.clone() };
    let found = fault(&sender, &plain).await;
    assert!(matches!(found, TlsFault::UnknownIssuer), "{found:?}");
    let other = Webhook { ca_certificates: Some(Authority::default().pem()), ..webhook.clone() };
    let found = fault(&sender, &other).await;
    assert!(matches!(found, TlsFault::UnknownIssuer), "{found:?}");
    sender.send(&webhook).await;
    let got = receiver.received(2).await;
    assert_eq!((got[1].connection, receiver.count()), (0, 2), "the webhook itself uses its connection again");
}

#[tokio::test]
async fn a_receiver_that_wants_a_client_certificate_gets_it_or_a_failure_says_so() {
    let authority = Authority::default();
    let receiver = Receiver::start_tls(authority.issue("localhost").server_for_clients_of(&authority)).await;
    let sender = sender();
    let known =
        Webhook { client_identity: Some(authority.issue("beckon").client()), ..trusting(&receiver, &authority) };
    assert_eq!(status(&sender.send(&known).await), 200);

    let nobody = Webhook { client_identity: None, ..known.clone() };
    let found = fault(&sender, &nobody).await;
    assert!(matches!(found, TlsFault::ClientCertificate(_)), "{found:?}");
    let stranger = Webhook { client_identity: Some(Authority::default().issue("beckon").client()), ..known.clone() };
    let found = fault(&sender, &stranger).await;
    assert!(matches!(found, TlsFault::ClientCertificate(_)), "{found:?}");
    assert_eq!(receiver.count(), 1);
}

#[tokio::test]
async fn certificates_that_cannot_be_used_are_a_failure_that_repeats_nothing() {
    let receiver = Receiver::start_tls(Authority::default().issue("localhost").server()).await;
    let webhook = Webhook { ca_certificates: Some("hush".to_owned()), ..webhook_to(&receiver.url("/")) };
    let found = fault(&sender(), &webhook).await;
    assert!(matches!(found, TlsFault::Settings(_)), "{found:?}");
    assert!(!format!("{found:?}").contains("hush"));
}
