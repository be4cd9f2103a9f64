//! The phases of an attempt: a small bar, and the same as figures.

use std::time::Duration;

use beckon_domain::delivery::Timings;
use maud::{Markup, html};

use crate::web::parts::duration;

/// Width of the bar, in its own units.
const WIDTH: f64 = 1000.0;

/// Draws how long each phase took. A kept connection has no first three.
pub(super) fn phases(timings: &Timings) -> Markup {
    let Timings { dns_us, connect_us, tls_us, first_byte_us, body_us, total_us } = *timings;
    let all = [
        ("DNS", "phase-dns", dns_us),
        ("Connect", "phase-connect", connect_us),
        ("TLS", "phase-tls", tls_us),
        ("First byte", "phase-first-byte", first_byte_us),
        ("Body", "phase-body", body_us),
    ];
    let shown: Vec<_> = all.iter().filter_map(|(name, class, length)| Some((*name, *class, (*length)?))).collect();
    let whole = total_us.max(shown.iter().map(|(.., length)| *length).sum()).max(1);
    let told = |micros: u64| duration(Duration::from_micros(micros));
    let ends = shown.iter().scan(0.0, |end, (.., length)| {
        *end += WIDTH * *length as f64 / whole as f64;
        Some(*end)
    });
    let drawn: Vec<_> = shown
        .iter()
        .zip(ends)
        .map(|((_, class, length), end)| {
            let width = WIDTH * *length as f64 / whole as f64;
            (*class, end - width, width)
        })
        .collect();
    html! {
        div.stack-s {
            svg.phases viewBox={ "0 0 " (WIDTH) " 10" } preserveAspectRatio="none" aria-hidden="true" {
                rect.phase-rest width=(WIDTH) height="10" {}
                @for (class, begin, width) in &drawn {
                    rect class=(class) x=(format!("{begin:.1}")) width=(format!("{width:.1}")) height="10" {}
                }
            }
            ul.legend {
                @for (name, class, length) in &shown {
                    li {
                        svg viewBox="0 0 10 10" aria-hidden="true" { rect class=(class) width="10" height="10" rx="2" {} }
                        (name) " " (told(*length))
                    }
                }
                li { strong { "Total " (told(total_us)) } }
                @if dns_us.is_none() && connect_us.is_none() && first_byte_us.is_some() { li { "over a kept connection" } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // behaviour V1 (in part)
    #[test]
    fn each_phase_is_told_as_a_figure_and_what_was_not_there_is_left_out() {
        let timings =
            Timings { tls_us: Some(9_000), first_byte_us: Some(40_000), total_us: 50_000, ..Timings::default() };
        let drawn = phases(&timings).into_string();
        assert!(drawn.contains("TLS 9.0 ms") && drawn.contains("First byte 40 ms") && drawn.contains("Total 50 ms"));
        assert!(!drawn.contains("DNS") && !drawn.contains("Body"), "{drawn}");
        assert!(drawn.contains(r#"x="180.0" width="800.0""#), "{drawn}");
        assert!(!drawn.contains("style="), "{drawn}");
    }

    #[test]
    fn an_attempt_that_never_began_draws_nothing_wrong() {
        assert!(phases(&Timings::default()).into_string().contains("Total 0.0 ms"));
    }
}
