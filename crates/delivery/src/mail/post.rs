//! Hands a letter to the mail server, for one recipient, and says what became of it.

use std::time::{Duration, SystemTime};

use lettre::address::Envelope;
use lettre::message::header::ContentType;
use lettre::message::{Mailboxes, Message};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::letter::Letter;
use super::options::{MailAddress, Options};
use super::server::Security;

/// How long the server may take for each of its answers.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a mail may take in all.
const SEND_TIMEOUT: Duration = Duration::from_secs(120);
/// Answers that say that we may not send at all (RFC 4954 §6): no fault of the letter, and mended by the operator.
const SIGN_IN_REFUSED: [&str; 4] = ["530", "534", "535", "538"];

/// What became of a letter.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// The server has it.
    Taken,
    /// The server will never take it.
    Refused(String),
    /// Not now.
    PutOff(String),
}

/// The way to the mail server.
pub(super) struct Post {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: MailAddress,
    to: Mailboxes,
}

impl Post {
    pub(super) fn new(options: &Options) -> Result<Post, SmtpError> {
        let server = &options.server;
        let tls = || {
            TlsParameters::builder(server.host.clone()).certificate_store(CertificateStore::WebpkiRoots).build_rustls()
        };
        let tls = match server.security {
            Security::Tls => Tls::Wrapper(tls()?),
            Security::StartTls => Tls::Required(tls()?),
            Security::Plain => Tls::None,
        };
        // Who we say we are: the sender's domain is a name that exists, which this machine's may not be.
        let hello = ClientId::Domain(options.from.mailbox().email.domain().to_owned());
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .hello_name(hello)
            .timeout(Some(ANSWER_TIMEOUT));
        if let Some((user, password)) = &server.credentials {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        let to = options.to.iter().map(|to| to.mailbox().clone()).collect();
        Ok(Post { transport: builder.build(), from: options.from.clone(), to })
    }

    /// Offers the letter to the server for `to`. All recipients stand in its head.
    pub(super) async fn send(&self, letter: &Letter, to: &MailAddress) -> Fate {
        let from = self.from.mailbox();
        let message = Message::builder()
            .from(from.clone())
            .mailbox(lettre::message::header::To::from(self.to.clone()))
            .date(system_time(letter))
            .message_id(Some(format!("<{}@{}>", letter.name, from.email.domain())))
            .subject(letter.subject.clone())
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text.clone());
        let envelope = Envelope::new(Some(from.email.clone()), vec![to.mailbox().email.clone()]);
        let (message, envelope) = match (message, envelope) {
            (Ok(message), Ok(envelope)) => (message.formatted(), envelope),
            (Err(error), _) | (_, Err(error)) => return Fate::Refused(error.to_string()),
        };
        match tokio::time::timeout(SEND_TIMEOUT, self.transport.send_raw(&envelope, &message)).await {
            Ok(Ok(_)) => Fate::Taken,
            Ok(Err(error)) => judge(&error),
            Err(_late) => Fate::PutOff("the mail server takes too long".to_owned()),
        }
    }
}

/// When the letter was written, as the library wants it.
fn system_time(letter: &Letter) -> SystemTime {
    let since_epoch = u64::try_from(letter.written_at.as_second()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_secs(since_epoch)
}

fn judge(error: &SmtpError) -> Fate {
    let may_not_send = error.status().is_some_and(|code| SIGN_IN_REFUSED.contains(&code.to_string().as_str()));
    if error.is_permanent() && !may_not_send {
        Fate::Refused(error.to_string())
    } else {
        Fate::PutOff(error.to_string())
    }
}
