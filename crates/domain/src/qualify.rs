//! Decides whether a match is announced, or has been announced already.

use jiff::Timestamp;

use crate::id::VisitId;
use crate::segment::Frequency;

/// What gives rise to an announcement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// A visit.
    Visit(VisitId),
    /// An intent signal. Each is an occasion of its own.
    Intent,
}

/// The last time the same one qualified for the same segment with the same event type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastFiring {
    /// When.
    pub at: Timestamp,
    /// In which visit, if it was one.
    pub visit_id: Option<VisitId>,
}

/// Whether a match on this occasion is announced. Never twice in one visit, whatever the frequency.
pub fn may_fire(frequency: Frequency, occasion: Occasion, last: Option<LastFiring>, now: Timestamp) -> bool {
    let Some(last) = last else { return true };
    if let Occasion::Visit(visit) = occasion
        && last.visit_id == Some(visit)
    {
        return false;
    }
    match frequency {
        Frequency::EveryVisit => true,
        Frequency::FirstVisit => false,
        Frequency::Cooldown(pause) => now.duration_since(last.at) >= pause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use uuid::Uuid;

    fn visit(n: u128) -> VisitId {
        VisitId::from(Uuid::from_u128(n))
    }
    fn minute(n: i64) -> Timestamp {
        Timestamp::from_second(n * 60).unwrap()
    }
    fn fired(at: i64, in_visit: u128) -> Option<LastFiring> {
        Some(LastFiring { at: minute(at), visit_id: Some(visit(in_visit)) })
    }

    // behaviour Q2
    #[test]
    fn one_visit_fires_once_whatever_the_frequency() {
        for frequency in
            [Frequency::EveryVisit, Frequency::FirstVisit, Frequency::Cooldown(SignedDuration::from_mins(1))]
        {
            assert!(may_fire(frequency, Occasion::Visit(visit(1)), None, minute(0)));
            assert!(!may_fire(frequency, Occasion::Visit(visit(1)), fired(0, 1), minute(20)));
        }
    }

    // behaviour Q10
    #[test]
    fn the_next_visit_fires_as_the_frequency_says() {
        let next = Occasion::Visit(visit(2));
        assert!(may_fire(Frequency::EveryVisit, next, fired(0, 1), minute(60)));
        assert!(!may_fire(Frequency::FirstVisit, next, fired(0, 1), minute(60)));
        let cooldown = Frequency::Cooldown(SignedDuration::from_hours(2));
        assert!(!may_fire(cooldown, next, fired(0, 1), minute(119)));
        assert!(may_fire(cooldown, next, fired(0, 1), minute(120)));
    }

    #[test]
    fn each_intent_signal_is_an_occasion_of_its_own() {
        assert!(may_fire(Frequency::EveryVisit, Occasion::Intent, fired(0, 1), minute(0)));
        assert!(!may_fire(Frequency::FirstVisit, Occasion::Intent, fired(0, 1), minute(0)));
    }
}
