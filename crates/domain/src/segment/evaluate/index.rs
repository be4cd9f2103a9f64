//! Finds the segments that may hold for some facts, so that only those are asked.
//!
//! For each rule it is worked out once what of the facts it cannot do without ([`keys`]): one of some pages, one of some
//! values of a property. A look goes the other way round: from what the facts are, over tables, to the rules that wait
//! for it. So what it costs depends on the facts and on how many rules come close, not on how many there are.
//! Promise: a rule that holds is among the candidates. One that is among them may not hold: it has to be asked.
//! Not here: whether a rule holds (`evaluate.rs`).

mod keys;
mod needles;

#[cfg(test)]
pub(super) mod tests;

use std::collections::{HashMap, HashSet};

use super::lookup;
use super::{Facts, SegmentCatalog};
use crate::id::ListId;
use crate::segment::rule::{Property, fold};
use keys::{Key, Keys};
use needles::Needles;

/// A rule, by its place among those that are looked for.
type Place = u32;

/// What leads from facts to rules.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// How many rules there are.
    len: usize,
    /// The rules without keys: they are always candidates.
    always: Vec<Place>,
    properties: HashMap<Property, OfProperty>,
    paths: Paths,
    /// By topic, in lower case.
    topics: HashMap<String, Vec<Place>>,
    any_intent: Vec<Place>,
    lists: HashMap<ListId, Vec<Place>>,
}

/// The rules that wait for a property.
#[derive(Debug, Default)]
struct OfProperty {
    known: Vec<Place>,
    /// By value, in lower case.
    equal: HashMap<String, Vec<Place>>,
    parts: Needles,
}

/// The rules that wait for a page.
#[derive(Debug, Default)]
struct Paths {
    whole: HashMap<String, Vec<Place>>,
    starts: HashMap<String, Vec<Place>>,
    /// How long the texts in `starts` are, in bytes.
    start_lens: Vec<usize>,
    parts: Needles,
}

impl Index {
    /// An index of the segments at `places` in the catalog.
    pub(super) fn new(catalog: &SegmentCatalog, places: &[usize]) -> Index {
        let mut index = Index { len: places.len(), ..Index::default() };
        let keys = Keys::of(catalog, places);
        for (place, rule) in (0..).zip(places) {
            match keys.of_rule(&catalog.segments[*rule].rule) {
                Some(keys) => keys.into_iter().for_each(|key| index.add(key, place)),
                None => index.always.push(place),
            }
        }
        let lens: HashSet<usize> = index.paths.starts.keys().map(String::len).collect();
        index.paths.start_lens = lens.into_iter().collect();
        index
    }

    fn add(&mut self, key: Key<'_>, place: Place) {
        match key {
            Key::Known(property) => self.of(property).known.push(place),
            Key::Equal(property, text) => self.of(property).equal.entry(text.to_owned()).or_default().push(place),
            Key::Part(property, text) => self.of(property).parts.add(text, place),
            Key::PathIs(path) => self.paths.whole.entry(path.to_owned()).or_default().push(place),
            Key::PathStarts(path) => self.paths.starts.entry(path.to_owned()).or_default().push(place),
            Key::PathHas(part) => self.paths.parts.add(part, place),
            Key::Topic(topic) => self.topics.entry(topic.to_owned()).or_default().push(place),
            Key::AnyIntent => self.any_intent.push(place),
            Key::OnList(list) => self.lists.entry(list).or_default().push(place),
        }
    }

    fn of(&mut self, property: &Property) -> &mut OfProperty {
        self.properties.entry(property.clone()).or_default()
    }

    /// The places of the rules that may hold, in their order.
    pub(super) fn candidates(&self, facts: &Facts<'_>) -> impl Iterator<Item = usize> + use<> {
        let mut marks = Marks::new(self.len);
        marks.add(&self.always);
        for (property, waiting) in &self.properties {
            if let Some(found) = lookup::find(property, facts) {
                marks.add(&waiting.known);
                waiting.see(found, &mut marks);
            }
        }
        self.paths.see(facts, &mut marks);
        if !facts.intents.is_empty() {
            marks.add(&self.any_intent);
            for intent in facts.intents.iter().filter(|_| !self.topics.is_empty()) {
                marks.add_of(&self.topics, &fold(intent.topic.trim()));
            }
        }
        for places in facts.lists.iter().filter_map(|list| self.lists.get(list)) {
            marks.add(places);
        }
        marks.into_places()
    }
}

impl OfProperty {
    fn see(&self, found: lookup::Found<'_>, marks: &mut Marks) {
        if self.equal.is_empty() && self.parts.is_empty() {
            return;
        }
        found.any(|atom| {
            let text = atom.as_text();
            let text = fold(&text);
            marks.add_of(&self.equal, &text);
            self.parts.each_in(&text, |place| marks.add(&[place]));
            false
        });
    }
}

impl Paths {
    fn see(&self, facts: &Facts<'_>, marks: &mut Marks) {
        if self.whole.is_empty() && self.starts.is_empty() && self.parts.is_empty() {
            return;
        }
        let mut seen = HashSet::with_capacity(facts.page_views.len());
        for path in facts.page_views.iter().map(|view| view.path.as_str()).filter(|path| seen.insert(*path)) {
            marks.add_of(&self.whole, path);
            for start in self.start_lens.iter().filter_map(|len| path.get(..*len)) {
                marks.add_of(&self.starts, start);
            }
            self.parts.each_in(path, |place| marks.add(&[place]));
        }
    }
}

/// Rules found so far, a bit each: one that is found twice is there once, and they come out in order.
struct Marks(Vec<u64>);

impl Marks {
    fn new(len: usize) -> Marks {
        Marks(vec![0; len.div_ceil(64)])
    }

    fn add(&mut self, places: &[Place]) {
        for place in places {
            self.0[*place as usize / 64] |= 1 << (place % 64);
        }
    }

    fn add_of(&mut self, table: &HashMap<String, Vec<Place>>, text: &str) {
        if let Some(places) = table.get(text) {
            self.add(places);
        }
    }

    fn into_places(self) -> impl Iterator<Item = usize> {
        (0..).zip(self.0).flat_map(|(n, mut word)| {
            std::iter::from_fn(move || {
                let bit = word.trailing_zeros() as usize;
                (word != 0).then(|| {
                    word &= word - 1;
                    n * 64 + bit
                })
            })
        })
    }
}
