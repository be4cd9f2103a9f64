//! Connects to whichever address of a host answers first.
//!
//! Source: RFC 8305 §§4, 5 ("Happy Eyeballs"): families take turns, the first address's begins; the next address is
//! tried when the one before has failed or has not answered for [`STAGGER`], and the first connection wins.
//! Promise: at most [`ADDRESSES_MAX`] are tried, and what has lost is closed.
//! Not here: how long all of it may take (`connect.rs`).

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

/// Most addresses of a host that are tried.
const ADDRESSES_MAX: usize = 4;
/// How long an address may keep the next one waiting.
const STAGGER: Duration = Duration::from_millis(250);

/// The first connection there is; if none can be had, the last failure.
pub(super) async fn first_connection<S, F>(addresses: &[SocketAddr], connect: impl Fn(SocketAddr) -> F) -> io::Result<S>
where
    F: Future<Output = io::Result<S>>,
{
    let mut waiting = VecDeque::from(to_try(addresses));
    let mut under_way = FuturesUnordered::new();
    let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        under_way.extend(waiting.pop_front().map(&connect));
        tokio::select! {
            ended = under_way.next() => match ended {
                Some(Ok(connection)) => return Ok(connection),
                Some(Err(error)) => failure = error,
                None => return Err(failure),
            },
            () = tokio::time::sleep(STAGGER), if !waiting.is_empty() => {}
        }
    }
}

/// The addresses to try, in the order in which to: families take turns.
pub(super) fn to_try(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let Some(first) = addresses.first() else { return Vec::new() };
    let (mut these, mut those): (VecDeque<SocketAddr>, VecDeque<SocketAddr>) =
        addresses.iter().copied().partition(|address| address.is_ipv4() == first.is_ipv4());
    let mut turns = Vec::new();
    while turns.len() < ADDRESSES_MAX && !(these.is_empty() && those.is_empty()) {
        turns.extend(these.pop_front());
        turns.extend(those.pop_front());
    }
    turns.truncate(ADDRESSES_MAX);
    turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use tokio::time::Instant;

    const HANGS: u16 = 1;
    const REFUSES: u16 = 2;
    const ANSWERS: u16 = 3;
    const ANSWERS_LATE: u16 = 4;

    fn v4(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    fn v6(port: u16) -> SocketAddr {
        SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], port))
    }

    /// Which address won, and when each was tried, in milliseconds.
    async fn race(addresses: &[SocketAddr]) -> (Option<SocketAddr>, Vec<u128>) {
        let begun = Instant::now();
        let tried = Mutex::new(vec![]);
        let connect = |address: SocketAddr| {
            tried.lock().unwrap().push(begun.elapsed().as_millis());
            async move {
                match address.port() {
                    HANGS => std::future::pending().await,
                    REFUSES => return Err(io::ErrorKind::ConnectionRefused.into()),
                    ANSWERS_LATE => tokio::time::sleep(Duration::from_millis(400)).await,
                    _ => {}
                }
                Ok(address)
            }
        };
        let limit = Duration::from_secs(5);
        let won = tokio::time::timeout(limit, first_connection(addresses, connect)).await;
        (won.ok().and_then(Result::ok), tried.into_inner().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_hangs_holds_up_the_next_for_a_quarter_of_a_second() {
        let (won, tried) = race(&[v6(HANGS), v6(HANGS), v4(ANSWERS)]).await;
        assert_eq!((won, tried), (Some(v4(ANSWERS)), vec![0, 250]));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_fails_holds_up_nobody() {
        let (won, tried) = race(&[v4(REFUSES), v6(REFUSES), v4(ANSWERS)]).await;
        assert_eq!((won, tried), (Some(v4(ANSWERS)), vec![0, 0, 0]));
        let (won, tried) = race(&[v4(REFUSES), v6(REFUSES)]).await;
        assert_eq!((won, tried), (None, vec![0, 0]));
    }

    #[tokio::test(start_paused = true)]
    async fn whichever_answers_first_wins_even_if_it_was_not_tried_last() {
        let (won, tried) = race(&[v4(ANSWERS_LATE), v6(HANGS), v4(HANGS)]).await;
        assert_eq!((won, tried), (Some(v4(ANSWERS_LATE)), vec![0, 250]));
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_four_are_tried() {
        let (won, tried) = race(&[v4(HANGS), v4(HANGS), v4(HANGS), v4(HANGS), v4(ANSWERS)]).await;
        assert_eq!((won, tried), (None, vec![0, 250, 500, 750]));
        assert_eq!(to_try(&[]), []);
    }

    #[test]
    fn families_take_turns() {
        let addresses = [v6(1), v6(2), v6(3), v6(4), v4(1)];
        assert_eq!(to_try(&addresses), [v6(1), v4(1), v6(2), v6(3)]);
    }
}
