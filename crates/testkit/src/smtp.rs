//! A mail server on a free loopback port that remembers what it got and answers as told.
//!
//! It speaks as much of SMTP (RFC 5321) as a client needs that wants to leave a mail, without TLS.
//! Promise: waiting ends as soon as enough has arrived, and fails the test, saying what did, when nothing more
//! comes for a long time. Dropping a server closes it and every connection.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};

/// How long to wait for what a test is sure of. Long, because a busy machine must not fail a test.
const PATIENCE: Duration = Duration::from_secs(60);

/// A mail as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Who sent it, from the envelope.
    pub from: String,
    /// Who gets it, from the envelope.
    pub to: Vec<String>,
    /// Head and body as they were written, lines ended by `\n`.
    pub source: String,
}

impl Mail {
    /// The value of a header, unfolded, as it was written.
    pub fn header(&self, name: &str) -> Option<String> {
        let (head, _) = self.source.split_once("\n\n")?;
        let unfolded = head.replace("\n ", " ");
        let mut lines = unfolded.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    }

    /// The body as people read it: quoted-printable (RFC 2045 §6.7) is decoded.
    pub fn text(&self) -> String {
        let (_, body) = self.source.split_once("\n\n").unwrap_or_default();
        if self.header("content-transfer-encoding").as_deref() != Some("quoted-printable") {
            return body.to_owned();
        }
        let mut bytes = Vec::new();
        let mut rest = body.replace("=\n", "").into_bytes().into_iter();
        while let Some(byte) = rest.next() {
            let decoded = (byte == b'=').then(|| [rest.next(), rest.next()].into_iter().flatten().collect::<Vec<u8>>());
            match decoded {
                Some(hex) => bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()),
                None => bytes.push(byte),
            }
        }
        String::from_utf8(bytes).unwrap()
    }
}

/// A mail server that is up until it is dropped. Takes everything until it is told otherwise.
pub struct SmtpServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    _stop: DropGuard,
}

type Objection = Box<dyn FnMut(&str) -> Option<String> + Send>;

struct Shared {
    mails: Mutex<Vec<Mail>>,
    commands: Mutex<Vec<String>>,
    objection: Mutex<Objection>,
    arrived: Notify,
    stop: CancellationToken,
}

impl SmtpServer {
    /// Opens a server.
    pub async fn start() -> SmtpServer {
        SmtpServer::start_at("127.0.0.1:0".parse().unwrap()).await
    }

    /// Opens a server where there was one before.
    pub async fn start_at(address: SocketAddr) -> SmtpServer {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let shared = Arc::new(Shared {
            mails: Mutex::default(),
            commands: Mutex::default(),
            objection: Mutex::new(Box::new(|_| None)),
            arrived: Notify::new(),
            stop: stop.clone(),
        });
        tokio::spawn(accept(listener, shared.clone()));
        SmtpServer { address, shared, _stop: stop.drop_guard() }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL that Beckon's setting wants.
    pub fn url(&self) -> String {
        format!("smtp://{}?tls=none", self.address)
    }

    /// Asks `objection` about every command, and about the end of every mail as `.`: what it gives is answered
    /// instead of yes.
    pub fn object(&self, objection: impl FnMut(&str) -> Option<String> + Send + 'static) {
        *lock(&self.shared.objection) = Box::new(objection);
    }

    /// Waits until at least `count` mails were taken, and gives all that were, in their order.
    pub async fn mails(&self, count: usize) -> Vec<Mail> {
        self.until(&format!("{count} mails arrive"), |server| server.mails_so_far().len() >= count).await;
        self.mails_so_far()
    }

    /// Waits until at least `count` commands were given that begin with `verb`, `.` ends of mails included.
    pub async fn heard(&self, verb: &str, count: usize) {
        let heard = |server: &SmtpServer| {
            lock(&server.shared.commands).iter().filter(|command| command.starts_with(verb)).count()
        };
        self.until(&format!("{verb} is heard {count} times"), |server| heard(server) >= count).await;
    }

    /// The commands given by now, ends of mails as `.`.
    pub fn commands_so_far(&self) -> Vec<String> {
        lock(&self.shared.commands).clone()
    }

    /// The mails taken by now.
    pub fn mails_so_far(&self) -> Vec<Mail> {
        lock(&self.shared.mails).clone()
    }

    async fn until(&self, what: &str, enough: impl Fn(&SmtpServer) -> bool) {
        let wait = async {
            loop {
                let mut arrived = std::pin::pin!(self.shared.arrived.notified());
                arrived.as_mut().enable();
                if enough(self) {
                    return;
                }
                arrived.await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, wait).await;
        let commands = lock(&self.shared.commands).clone();
        assert!(waited.is_ok(), "waited in vain until {what}; heard so far: {commands:#?}");
    }
}

impl Shared {
    /// Notes a command; gives what is answered instead of yes.
    fn hear(&self, command: &str) -> Option<String> {
        lock(&self.commands).push(command.to_owned());
        let answer = lock(&self.objection)(command);
        self.arrived.notify_waiters();
        answer
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = shared.stop.cancelled() => return,
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                connections.spawn(serve(stream, shared.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves a connection until it ends; how it ends is nobody's business.
async fn serve(stream: TcpStream, shared: Arc<Shared>) -> Option<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut mail = Mail { from: String::new(), to: vec![], source: String::new() };
    let mut answer = "220 mail.test".to_owned();
    loop {
        write.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
        let command = lines.next_line().await.ok()??;
        let verb = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        if let Some(objection) = shared.hear(&command) {
            answer = objection;
            continue;
        }
        answer = match verb.as_str() {
            "MAIL" => {
                mail = Mail { from: address(&command), to: vec![], source: String::new() };
                "250 ok".to_owned()
            }
            "RCPT" => {
                mail.to.push(address(&command));
                "250 ok".to_owned()
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.ok()?;
                mail.source = read_mail(&mut lines).await?;
                match shared.hear(".") {
                    Some(objection) => objection,
                    None => {
                        lock(&shared.mails).push(mail.clone());
                        shared.arrived.notify_waiters();
                        "250 taken".to_owned()
                    }
                }
            }
            "EHLO" => "250-mail.test\r\n250 AUTH PLAIN".to_owned(),
            "AUTH" => "235 you are".to_owned(),
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await.ok()?;
                return None;
            }
            _ => "250 ok".to_owned(),
        };
    }
}

/// The lines up to the lone dot, with the dots that were doubled made single (RFC 5321 §4.5.2).
async fn read_mail(lines: &mut tokio::io::Lines<BufReader<tokio::net::tcp::OwnedReadHalf>>) -> Option<String> {
    let mut source = String::new();
    loop {
        let line = lines.next_line().await.ok()??;
        if line == "." {
            return Some(source);
        }
        source.push_str(line.strip_prefix('.').unwrap_or(&line));
        source.push('\n');
    }
}

/// What stands between `<` and `>`.
fn address(command: &str) -> String {
    let from = command.find('<').map_or(0, |at| at + 1);
    let end = command.find('>').unwrap_or(command.len());
    command[from..end].to_owned()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
