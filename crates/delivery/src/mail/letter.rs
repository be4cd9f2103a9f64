//! Writes a mail in words for the people whose webhooks they are.
//!
//! Pure. Promise: whatever a description or a receiver's words contain, the subject is one line, and the mail is
//! bounded.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::gather::Group;
use super::notice::{Notice, What};
use super::options::Options;

/// Most webhooks told of in one mail; it counts the others.
const WEBHOOKS_MAX: usize = 20;
/// Most failed deliveries told of one webhook; the mail counts the others.
const DELIVERIES_MAX: usize = 5;
/// Longest name of a webhook that is shown, in characters.
const NAME_CHARS_MAX: usize = 80;
/// Longest reason or error that is shown, in characters.
const REASON_CHARS_MAX: usize = 300;

/// A mail, but for its addresses.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Letter {
    pub(super) subject: String,
    pub(super) text: String,
    /// Names the letter: the same notices make the same name.
    pub(super) name: String,
    pub(super) written_at: Timestamp,
}

/// What is to be said of a webhook, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum News {
    Disabled,
    Failing,
    Exhausted,
    Recovered,
}

impl Letter {
    /// Writes the mail that tells of `groups`.
    pub(super) fn write(groups: &[Group], options: &Options, now: Timestamp) -> Letter {
        let mut told: Vec<_> = groups.iter().map(|group| (news(group), group)).collect();
        told.sort_by_key(|(news, _)| *news);
        let mut text = String::new();
        for (n, (news, group)) in told.iter().take(WEBHOOKS_MAX).enumerate() {
            text.push_str(if n == 0 { "" } else { "\n\n" });
            tell(&mut text, *news, group, options);
        }
        if let Some(more) = told.len().checked_sub(WEBHOOKS_MAX).filter(|more| *more > 0) {
            let _ = write!(text, "\n\nThere is news of {more} more webhooks: see the event log.\n");
        }
        text.push_str(
            "\n\n-- \nBeckon sends this to the addresses of its setting mail_to. About one webhook it writes no more \
             than once in a quarter of an hour.\n",
        );
        let notices = || groups.iter().flat_map(|group| &group.notices);
        let first = notices().next().map(|notice| notice.id.1.to_string()).unwrap_or_default();
        Letter { subject: subject(&told), text, name: format!("{first}.{}", notices().count()), written_at: now }
    }
}

/// What matters most about a webhook: its latest state, if that was announced.
fn news(group: &Group) -> News {
    let state = group.notices.iter().rev().find_map(|notice| match notice.what {
        What::Failing { .. } => Some(News::Failing),
        What::Disabled { .. } => Some(News::Disabled),
        What::Recovered { .. } => Some(News::Recovered),
        What::Exhausted { .. } => None,
    });
    match state {
        Some(News::Recovered) | None if exhausted(group) > 0 => News::Exhausted,
        Some(state) => state,
        None => News::Exhausted,
    }
}

fn exhausted(group: &Group) -> usize {
    group.folded + deliveries(group).count()
}

fn deliveries(group: &Group) -> impl Iterator<Item = &Notice> {
    group.notices.iter().filter(|notice| matches!(notice.what, What::Exhausted { .. }))
}

fn subject(told: &[(News, &Group)]) -> String {
    let Some((news, group)) = told.first() else { return String::new() };
    let name = name(group);
    if told.len() > 1 {
        return format!("[Beckon] News of {} webhooks: {name} and others", told.len());
    }
    match news {
        News::Disabled => format!("[Beckon] Webhook {name} was switched off"),
        News::Failing => format!("[Beckon] Webhook {name} is failing"),
        News::Recovered => format!("[Beckon] Webhook {name} takes deliveries again"),
        News::Exhausted => format!("[Beckon] {} to webhook {name} failed for good", counted(exhausted(group))),
    }
}

fn tell(text: &mut String, news: News, group: &Group, options: &Options) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "Webhook {} ({})", name(group), group.webhook_id());
    for notice in &group.notices {
        match &notice.what {
            What::Failing { since, disabled_at, last_error } => {
                let _ = writeln!(text, "\nIt has had nothing but failures since {}. The last one:", time(*since));
                let _ = writeln!(text, "    {}", plain(last_error, REASON_CHARS_MAX));
                let _ =
                    writeln!(text, "Unless a delivery succeeds, Beckon stops sending to it on {}.", time(*disabled_at));
            }
            What::Disabled { reason } => {
                let _ = writeln!(text, "\nBeckon has stopped sending to it:");
                let _ = writeln!(text, "    {}", plain(reason, REASON_CHARS_MAX));
            }
            What::Recovered { failing_since } => {
                let since = time(*failing_since);
                let _ = writeln!(text, "\nIt takes deliveries again, after failing since {since}.");
            }
            What::Exhausted { .. } => {}
        }
    }
    tell_deliveries(text, group);
    let _ = writeln!(text, "\nWhat to do: {}", advice(news));
    if let Some(url) = &options.public_url {
        let base = url.as_str().trim_end_matches('/');
        let _ = writeln!(text, "\n{base}/webhooks/{}", group.webhook_id());
    }
}

fn tell_deliveries(text: &mut String, group: &Group) {
    let count = exhausted(group);
    if count == 0 {
        return;
    }
    let _ = writeln!(text, "\n{} failed for good, all attempts used up:", counted(count));
    for notice in deliveries(group).take(DELIVERIES_MAX) {
        if let What::Exhausted { delivery, event_type, attempts, last_error } = &notice.what {
            let last_error = plain(last_error, REASON_CHARS_MAX);
            let times = if *attempts == 1 { "1 attempt".to_owned() } else { format!("{attempts} attempts") };
            let _ =
                writeln!(text, "    {} after {times}: {last_error} ({delivery})", plain(event_type, NAME_CHARS_MAX));
        }
    }
    if let Some(more) = count.checked_sub(DELIVERIES_MAX).filter(|more| *more > 0) {
        let _ = writeln!(text, "    and {more} more");
    }
}

fn advice(news: News) -> &'static str {
    match news {
        News::Disabled => {
            "find out from whoever runs the receiver what has changed, mend the webhook's address or its receiver, \
             switch the webhook on again, and have what it missed sent with \"recover\"."
        }
        News::Failing => {
            "check that the webhook's address is right and that its receiver is up. Beckon goes on trying, and what \
             waits is kept."
        }
        News::Exhausted => {
            "check that the webhook's receiver takes such events. Then have what failed sent once more with \
             \"recover\", or one by one with \"resend\"."
        }
        News::Recovered => {
            "nothing, unless deliveries failed for good in the meantime: \"recover\" sends those once more."
        }
    }
}

fn counted(deliveries: usize) -> String {
    if deliveries == 1 { "1 delivery".to_owned() } else { format!("{deliveries} deliveries") }
}

/// What people call the webhook as it is now, in quotes; or its id.
fn name(group: &Group) -> String {
    let description = group.notices.last().map(|notice| plain(&notice.description, NAME_CHARS_MAX)).unwrap_or_default();
    if description.is_empty() { group.webhook_id().to_string() } else { format!("\"{description}\"") }
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// One line of at most `chars_max` characters: what ends lines or turns their direction becomes a space.
fn plain(text: &str, chars_max: usize) -> String {
    let turns = |c: char| matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
    let spaced: String = text.chars().map(|c| if c.is_control() || turns(c) { ' ' } else { c }).collect();
    let words = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}…", words[..end].trim_end()),
        None => words,
    }
}
