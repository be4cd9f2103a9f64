//! Finds which of many short texts are in a longer one.
//!
//! A needle is kept under three neighbouring bytes of its own; whoever looks goes through the longer text three bytes
//! at a time. A small filter says for most of them that nothing is kept there.

use std::collections::HashMap;

use super::Place;

const GRAM_BYTES: usize = 3;
type Gram = [u8; GRAM_BYTES];
/// Bits of the filter.
const FILTER_BITS: usize = 1 << 14;

/// Texts, and what waits for each.
#[derive(Debug, Default)]
pub(super) struct Needles {
    /// Shorter than a gram: looked for one by one.
    short: Vec<(String, Vec<Place>)>,
    by_gram: HashMap<Gram, Vec<Needle>>,
    /// A bit for each gram in `by_gram`, and maybe for others.
    filter: Vec<u64>,
}

#[derive(Debug)]
struct Needle {
    text: String,
    /// Where in it its gram begins.
    gram_at: usize,
    places: Vec<Place>,
}

impl Needles {
    pub(super) fn is_empty(&self) -> bool {
        self.short.is_empty() && self.by_gram.is_empty()
    }

    pub(super) fn add(&mut self, text: &str, place: Place) {
        if text.len() < GRAM_BYTES {
            match self.short.iter_mut().find(|(short, _)| short == text) {
                Some((_, places)) => places.push(place),
                None => self.short.push((text.to_owned(), vec![place])),
            }
            return;
        }
        for (_, gram) in grams(text) {
            let known = self.by_gram.get_mut(&gram).and_then(|kept| kept.iter_mut().find(|needle| needle.text == text));
            if let Some(needle) = known {
                needle.places.push(place);
                return;
            }
        }
        // Under the gram that has fewest so far, for many needles begin alike.
        let rarest = grams(text).min_by_key(|(_, gram)| self.by_gram.get(gram).map_or(0, Vec::len));
        let Some((gram_at, gram)) = rarest else { return };
        self.by_gram.entry(gram).or_default().push(Needle { text: text.to_owned(), gram_at, places: vec![place] });
        self.filter.resize(FILTER_BITS / 64, 0);
        let (word, bit) = filter_bit(gram);
        self.filter[word] |= bit;
    }

    /// Calls `found` for whatever waits for a text that is in `text`, maybe more than once.
    pub(super) fn each_in(&self, text: &str, mut found: impl FnMut(Place)) {
        for (short, places) in &self.short {
            if text.contains(short) {
                places.iter().copied().for_each(&mut found);
            }
        }
        if self.by_gram.is_empty() {
            return;
        }
        for (at, gram) in grams(text) {
            let (word, bit) = filter_bit(gram);
            if self.filter[word] & bit == 0 {
                continue;
            }
            for needle in self.by_gram.get(&gram).into_iter().flatten() {
                let there = at.checked_sub(needle.gram_at).and_then(|begin| text.as_bytes().get(begin..));
                if there.is_some_and(|there| there.starts_with(needle.text.as_bytes())) {
                    needle.places.iter().copied().for_each(&mut found);
                }
            }
        }
    }
}

/// Every three neighbouring bytes, with where they begin.
fn grams(text: &str) -> impl Iterator<Item = (usize, Gram)> {
    text.as_bytes().windows(GRAM_BYTES).filter_map(|window| window.try_into().ok()).enumerate()
}

fn filter_bit(gram: Gram) -> (usize, u64) {
    let [a, b, c] = gram.map(usize::from);
    let mixed = (a | b << 8 | c << 16).wrapping_mul(0x9e37_79b1) >> 12;
    let bit = mixed % FILTER_BITS;
    (bit / 64, 1 << (bit % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_that_is_in_another_is_found_and_no_other() {
        let texts = ["vp", "v", "", "head", "head of", "ead", "é", "été", "marketing", "market", "ing", "head of"];
        let mut needles = Needles::default();
        (0..).zip(texts).for_each(|(place, text)| needles.add(text, place));
        for text in ["head of marketing", "vp", "", "hea", "l'été", "é", "eadhead ofx", "remarket"] {
            let mut found = Vec::new();
            needles.each_in(text, |place| found.push(place));
            found.sort_unstable();
            found.dedup();
            let expected: Vec<Place> =
                (0..).zip(texts).filter(|(_, part)| text.contains(part)).map(|(n, _)| n).collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }
}
