//! The segments of a workspace, ready to be asked, with what else of its set-up their rules ask for.
//!
//! Promise: asking always comes to an end. A segment refers to others in chains of at most
//! [`CHAIN_MAX`]; [`SegmentCatalog::check_references`] refuses longer ones and circles before they are
//! written, and where one is there all the same (two people changed two segments at once), a reference
//! into it does not hold.
//! Not here: keeping the catalog up to date; a change makes another one.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use jiff::tz::TimeZone;

use super::fit::Profile;
use super::index::Index;
use super::{Evaluation, Facts};
use crate::id::{ListId, SegmentId};
use crate::invalid::{Findings, Invalid};
use crate::list::List;
use crate::segment::rule::{Leaf, Lookback, Names, Property, Rule};
use crate::segment::{Segment, Subject};
use crate::settings::Icp;

/// Longest chain of segments that refer to each other, both ends counted.
pub const CHAIN_MAX: usize = 8;

/// How far back facts are needed; `None` where they are not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// Page views.
    pub page_views: Option<Lookback>,
    /// Interest shown elsewhere.
    pub intents: Option<Lookback>,
    /// Which lists somebody is on.
    pub lists: bool,
}

impl Needs {
    /// What the rule itself needs, without the segments it refers to.
    pub fn of(rule: &Rule) -> Needs {
        Needs { page_views: rule.page_view_window(), intents: rule.intent_window(), lists: !rule.lists().is_empty() }
    }

    /// What both need together.
    #[must_use]
    pub fn and(self, other: Needs) -> Needs {
        Needs {
            page_views: self.page_views.max(other.page_views),
            intents: self.intents.max(other.intents),
            lists: self.lists || other.lists,
        }
    }

    /// Whether it asks for what was done: page views or interests.
    pub fn history(self) -> bool {
        self.page_views.is_some() || self.intents.is_some()
    }
}

/// The segments of a workspace.
#[derive(Debug)]
pub struct SegmentCatalog {
    /// By id.
    pub(super) segments: Vec<Segment>,
    places: HashMap<SegmentId, usize>,
    /// How long the longest chain down from each is, itself counted; `None` in and above a circle, and
    /// beyond [`CHAIN_MAX`].
    heights: Vec<Option<usize>>,
    contacts: Announcing,
    companies: Announcing,
    /// Whom the workspace wants to sell to.
    pub(super) profile: Profile,
    /// The lists there are.
    lists: HashMap<ListId, List>,
    /// Where days begin.
    pub(super) zone: TimeZone,
}

impl Default for SegmentCatalog {
    fn default() -> SegmentCatalog {
        SegmentCatalog::new(vec![])
    }
}

/// The segments about one subject that announce.
#[derive(Debug, Default)]
struct Announcing {
    places: Vec<usize>,
    needs: Needs,
    /// Made when it is first asked, for not everyone who has a catalog asks.
    index: OnceLock<Index>,
}

impl SegmentCatalog {
    /// Takes all segments of a workspace, also those that are not enabled: others may refer to them.
    pub fn new(mut segments: Vec<Segment>) -> SegmentCatalog {
        segments.sort_by_key(|segment| segment.id);
        let places: HashMap<_, _> = segments.iter().enumerate().map(|(place, segment)| (segment.id, place)).collect();
        let below: Vec<Vec<usize>> = segments
            .iter()
            .map(|segment| segment.rule.references().iter().filter_map(|id| places.get(id).copied()).collect())
            .collect();
        let announcing = |subject| {
            let announces = |place: &usize| segments[*place].subject == subject && segments[*place].announces();
            let places: Vec<usize> = (0..segments.len()).filter(announces).collect();
            let needs = with_all_below(&places, &below).map(|place| Needs::of(&segments[place].rule));
            Announcing { needs: needs.fold(Needs::default(), Needs::and), places, index: OnceLock::new() }
        };
        let (contacts, companies) = (announcing(Subject::Contact), announcing(Subject::Company));
        SegmentCatalog {
            heights: heights(&below),
            segments,
            places,
            contacts,
            companies,
            profile: Profile::default(),
            lists: HashMap::new(),
            zone: TimeZone::UTC,
        }
    }

    /// The same with these lists for rules to refer to.
    #[must_use]
    pub fn with_lists(self, lists: &[List]) -> SegmentCatalog {
        SegmentCatalog { lists: lists.iter().map(|list| (list.id, list.clone())).collect(), ..self }
    }

    /// The same with that ideal customer profile; without one, nobody fits it.
    #[must_use]
    pub fn with_icp(self, icp: &Icp) -> SegmentCatalog {
        SegmentCatalog {
            profile: Profile::of(icp),
            // Made for the profile there was.
            contacts: self.contacts.unindexed(),
            companies: self.companies.unindexed(),
            ..self
        }
    }

    /// The same where days begin as in `zone`; without one, as in UTC.
    #[must_use]
    pub fn with_time_zone(self, zone: TimeZone) -> SegmentCatalog {
        SegmentCatalog { zone, ..self }
    }

    /// The segment of that id, enabled or not.
    pub fn get(&self, id: SegmentId) -> Option<&Segment> {
        self.places.get(&id).map(|place| &self.segments[*place])
    }

    /// The list of that id.
    pub fn list(&self, id: ListId) -> Option<&List> {
        self.lists.get(&id)
    }

    /// The segments about `subject` whose matches are announced, by id.
    pub fn announcing(&self, subject: Subject) -> impl Iterator<Item = &Segment> {
        self.announcing_about(subject).places.iter().map(|place| &self.segments[*place])
    }

    /// What facts all announcing segments about `subject` need, with those they refer to.
    pub fn needs(&self, subject: Subject) -> Needs {
        self.announcing_about(subject).needs
    }

    /// What facts a rule needs, which need not be that of a segment here, with those of the segments it refers to.
    pub fn needs_of(&self, rule: &Rule) -> Needs {
        self.reached_from(rule).into_iter().map(Needs::of).fold(Needs::default(), Needs::and)
    }

    /// Whether a rule looks at what `asked` says, itself, in a segment it refers to, or by the ideal customer profile.
    pub fn looks_at(&self, rule: &Rule, asked: impl Fn(&Property) -> bool) -> bool {
        let mut found = false;
        for rule in self.reached_from(rule) {
            rule.each_leaf(&mut |_, leaf| {
                found |= match leaf {
                    Leaf::Prop { property, .. } => asked(property),
                    Leaf::Icp => self.profile.properties().any(&asked),
                    Leaf::Visited(_) | Leaf::Intent(_) | Leaf::Segment(_) | Leaf::List(_) => false,
                }
            });
        }
        found
    }

    /// The announcing segments about `subject` whose rules hold, by id.
    pub fn matching<'a>(&'a self, subject: Subject, facts: &'a Facts<'a>) -> Vec<&'a Segment> {
        let announcing = self.announcing_about(subject);
        let index = announcing.index.get_or_init(|| Index::new(self, &announcing.places));
        let mut evaluation = Evaluation::new(self, facts);
        let candidates = index.candidates(facts).map(|place| &self.segments[announcing.places[place]]);
        candidates.filter(|segment| evaluation.holds(segment.rule.root())).collect()
    }

    /// Whether the rule of `segment` holds, whether or not it is enabled.
    pub fn matches(&self, segment: &Segment, facts: &Facts<'_>) -> bool {
        self.holds(&segment.rule, facts)
    }

    /// Whether a rule holds, which need not be that of a segment here.
    ///
    /// A reference asks that segment's rule on the same facts, whether or not it is enabled: being in a
    /// segment is a matter of its rule. A reference to a segment that is gone does not hold.
    pub fn holds(&self, rule: &Rule, facts: &Facts<'_>) -> bool {
        Evaluation::new(self, facts).holds(rule.root())
    }

    /// Checks the references of a rule that is to become that of the segment `id`, or of a new one.
    ///
    /// # Errors
    /// The path of each leaf that refers to a segment that does not exist or is about another subject,
    /// that closes a circle (with the segments on it), or that makes a chain longer than [`CHAIN_MAX`]; and of each that
    /// asks for a list that does not exist, or in a company segment for one of contacts.
    pub fn check_references(&self, id: Option<SegmentId>, subject: Subject, rule: &Rule) -> Result<(), Invalid> {
        let mut findings = Findings::default();
        let above = id.map_or(0, |id| self.chain_above(id));
        rule.each_leaf(&mut |path, leaf| {
            let (key, checked) = match leaf {
                Leaf::Segment(target) => ("segment", self.check_reference(id, subject, *target, above)),
                Leaf::List(list) => ("list", self.check_list(subject, *list)),
                Leaf::Prop { .. } | Leaf::Visited(_) | Leaf::Intent(_) | Leaf::Icp => return,
            };
            if let Err(reason) = checked {
                findings.add(format!("{path}/{key}"), reason);
            }
        });
        findings.into_result(())
    }

    fn check_list(&self, subject: Subject, id: ListId) -> Result<(), String> {
        match self.lists.get(&id) {
            None => Err(format!("there is no list {id}")),
            Some(list) if subject == Subject::Company && list.subject == Subject::Contact => Err(format!(
                "the list “{}” is of contacts; a company segment can only ask for lists of companies",
                list.name
            )),
            Some(_) => Ok(()),
        }
    }

    fn check_reference(
        &self,
        id: Option<SegmentId>,
        subject: Subject,
        target: SegmentId,
        above: usize,
    ) -> Result<(), String> {
        if id == Some(target) {
            return Err("refers to its own segment".to_owned());
        }
        let Some(&place) = self.places.get(&target) else {
            return Err(format!("there is no segment {target}"));
        };
        if self.segments[place].subject != subject {
            let (this, other) = match subject {
                Subject::Contact => ("contacts", "companies"),
                Subject::Company => ("companies", "contacts"),
            };
            return Err(format!("segment {target} is about {other}, this one is about {this}"));
        }
        if let Some(id) = id
            && let Some(chain) = self.chain_between(target, id)
        {
            let chain: Vec<String> = std::iter::once(id).chain(chain).map(|id| id.to_string()).collect();
            return Err(format!("closes a circle of segments: {}", chain.join(" → ")));
        }
        match self.heights[place] {
            Some(height) if above + 1 + height <= CHAIN_MAX => Ok(()),
            _ => Err(format!("makes a chain of more than {CHAIN_MAX} segments that refer to each other")),
        }
    }

    /// The segment of that id, if it is safe to follow a reference to it.
    pub(super) fn referable(&self, id: SegmentId) -> Option<&Segment> {
        let place = *self.places.get(&id)?;
        self.heights[place].map(|_| &self.segments[place])
    }

    /// A rule, and those of the segments it refers to, directly or not; each once.
    fn reached_from<'a>(&'a self, rule: &'a Rule) -> Vec<&'a Rule> {
        let mut rules = vec![rule];
        let mut seen = HashSet::new();
        let mut next = 0;
        while let Some(rule) = rules.get(next) {
            let fresh = rule.references().into_iter().filter(|id| seen.insert(*id));
            let found: Vec<&Rule> = fresh.filter_map(|id| self.referable(id)).map(|segment| &segment.rule).collect();
            rules.extend(found);
            next += 1;
        }
        rules
    }

    fn announcing_about(&self, subject: Subject) -> &Announcing {
        match subject {
            Subject::Contact => &self.contacts,
            Subject::Company => &self.companies,
        }
    }

    /// How long the longest chain above a segment is, itself not counted, up to [`CHAIN_MAX`].
    fn chain_above(&self, id: SegmentId) -> usize {
        let mut level = HashSet::from([id]);
        (0..CHAIN_MAX)
            .find(|_| {
                // What the segment itself refers to is about to change.
                let refers = |segment: &&Segment| {
                    segment.id != id && segment.rule.references().iter().any(|id| level.contains(id))
                };
                level = self.segments.iter().filter(refers).map(|segment| segment.id).collect();
                level.is_empty()
            })
            .unwrap_or(CHAIN_MAX)
    }

    /// The segments on a way down from one to another, both named; `None` if there is no way.
    fn chain_between(&self, from: SegmentId, to: SegmentId) -> Option<Vec<SegmentId>> {
        let mut reached_from = HashMap::from([(from, from)]);
        let mut open = vec![from];
        while let Some(id) = open.pop() {
            if id == to {
                let back =
                    std::iter::successors(Some(to), |id| reached_from.get(id).copied().filter(|before| before != id));
                let mut chain: Vec<_> = back.collect();
                chain.reverse();
                return Some(chain);
            }
            for next in self.get(id).map(|segment| segment.rule.references()).unwrap_or_default() {
                reached_from.entry(next).or_insert_with(|| {
                    open.push(next);
                    id
                });
            }
        }
        None
    }
}

impl Names for SegmentCatalog {
    fn segment(&self, id: SegmentId) -> Option<String> {
        self.get(id).map(|segment| segment.name.clone())
    }

    fn list(&self, id: ListId) -> Option<String> {
        self.lists.get(&id).map(|list| list.name.clone())
    }
}

impl Announcing {
    fn unindexed(self) -> Announcing {
        Announcing { index: OnceLock::new(), ..self }
    }
}

/// These segments and all they refer to, directly or not; each once.
fn with_all_below(places: &[usize], below: &[Vec<usize>]) -> impl Iterator<Item = usize> {
    let mut open = places.to_vec();
    let mut seen: HashSet<usize> = open.iter().copied().collect();
    std::iter::from_fn(move || {
        let place = open.pop()?;
        open.extend(below[place].iter().copied().filter(|place| seen.insert(*place)));
        Some(place)
    })
}

/// Settles, round by round, the segments all of whose references are settled.
fn heights(below: &[Vec<usize>]) -> Vec<Option<usize>> {
    let mut heights: Vec<Option<usize>> = vec![None; below.len()];
    for height in 1..=CHAIN_MAX {
        let settled =
            |place: &usize| heights[*place].is_none() && below[*place].iter().all(|place| heights[*place].is_some());
        let round: Vec<usize> = (0..below.len()).filter(settled).collect();
        for place in round {
            heights[place] = Some(height);
        }
    }
    heights
}
