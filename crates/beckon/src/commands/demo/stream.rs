//! What happens in the demo, signal by signal, and what must follow from each.
//!
//! The same every time. `fires` is worked out by hand from the words of the segments in `scene.rs`, not
//! by the engine: it is what the engine is measured by.

use super::scene::{LEADERS, PRICING_TWICE, RESEARCHING_CRM, SOFTWARE};

/// One signal.
pub(super) struct Beat {
    /// When, in milliseconds after the curtain.
    pub(super) at_ms: u64,
    /// What comes in.
    pub(super) signal: Shown,
    /// Why nothing follows, or why something does, in a few words.
    pub(super) note: &'static str,
    /// The events that follow.
    pub(super) fires: &'static [Fires],
}

/// A signal, as the website or an intent feed sends it.
pub(super) enum Shown {
    /// A page is viewed, by a browser that may say who is signed in.
    Page {
        /// The browser.
        visitor: &'static str,
        /// The customer's id of who is signed in.
        user_id: Option<&'static str>,
        /// The page.
        path: &'static str,
    },
    /// A form is filled in: the browser learns an address.
    Identify {
        /// The browser.
        visitor: &'static str,
        /// The address.
        email: &'static str,
    },
    /// A browser tells which company it belongs to, and not who is in front of it.
    Group {
        /// The browser.
        visitor: &'static str,
        /// The company.
        domain: &'static str,
    },
    /// A contact shows interest elsewhere.
    Intent {
        /// Who.
        email: &'static str,
        /// In what.
        topic: &'static str,
        /// How much, 0 to 100.
        score: u32,
    },
}

/// An event that must follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Fires {
    /// Its type.
    pub(super) event_type: &'static str,
    /// The contact's address, or the company's domain.
    pub(super) who: &'static str,
    /// The segment's name.
    pub(super) segment: &'static str,
}

const fn visited(who: &'static str, segment: &'static str) -> Fires {
    Fires { event_type: "contact.visited", who, segment }
}

const fn interested(who: &'static str, segment: &'static str) -> Fires {
    Fires { event_type: "contact.intent", who, segment }
}

const fn company_visited(who: &'static str, segment: &'static str) -> Fires {
    Fires { event_type: "company.visited", who, segment }
}

const fn signed_in(visitor: &'static str, user_id: &'static str, path: &'static str) -> Shown {
    Shown::Page { visitor, user_id: Some(user_id), path }
}

const fn page(visitor: &'static str, path: &'static str) -> Shown {
    Shown::Page { visitor, user_id: None, path }
}

const fn identify(visitor: &'static str, email: &'static str) -> Shown {
    Shown::Identify { visitor, email }
}

const fn group(visitor: &'static str, domain: &'static str) -> Shown {
    Shown::Group { visitor, domain }
}

const fn intent(email: &'static str, topic: &'static str, score: u32) -> Shown {
    Shown::Intent { email, topic, score }
}

const fn beat(at_ms: u64, signal: Shown, note: &'static str, fires: &'static [Fires]) -> Beat {
    Beat { at_ms, signal, note, fires }
}

const JANE: &str = "jane.doe@acme.example";
const OMAR: &str = "omar.haddad@brightwater.example";
const MEI: &str = "mei.tanaka@kestrel.example";
const LUCAS: &str = "lucas.moreau@kestrel.example";
const INGRID: &str = "ingrid.lindgren@lindgren.example";
const SAM: &str = "sam.okafor@acme.example";
const KESTREL: &str = "kestrel.example";
const ACME: &str = "acme.example";

/// The stream, in order.
#[rustfmt::skip]
pub(super) const STREAM: &[Beat] = &[
    beat(0, signed_in("b-omar", "u-omar", "/"), "a VP lands on the site", &[visited(OMAR, LEADERS)]),
    beat(300, page("b-nobody", "/blog/routing-in-2030"), "nobody known, no company", &[]),
    beat(550, signed_in("b-jane", "u-jane", "/"), "known, but in no segment yet", &[]),
    beat(800, signed_in("b-jane", "u-jane", "/pricing"), "once; the segment wants twice", &[]),
    beat(1050, page("b-mei", "/"), "somebody new", &[]),
    beat(1300, signed_in("b-omar", "u-omar", "/pricing"), "same visit: not announced again", &[]),
    beat(1550, signed_in("b-jane", "u-jane", "/pricing/teams"), "that makes two", &[visited(JANE, PRICING_TWICE)]),
    beat(1800, page("b-mei", "/pricing"), "still anonymous", &[]),
    beat(2050, intent(LUCAS, "CRM", 90), "strong enough", &[interested(LUCAS, RESEARCHING_CRM)]),
    beat(2300, group("b-kestrel-1", KESTREL), "the company is known, the person is not", &[]),
    beat(2500, page("b-kestrel-1", "/product/routing"), "a software company looks around", &[company_visited(KESTREL, SOFTWARE)]),
    beat(2750, signed_in("b-jane", "u-jane", "/pricing"), "same visit: not announced again", &[]),
    beat(3000, page("b-mei", "/pricing/enterprise"), "still anonymous", &[]),
    beat(3250, identify("b-mei", MEI), "now the earlier pages count", &[visited(MEI, LEADERS), visited(MEI, PRICING_TWICE)]),
    beat(3500, page("b-kestrel-1", "/product/api"), "same visit: not announced again", &[]),
    beat(3750, page("b-lucas", "/docs"), "somebody new", &[]),
    beat(4000, identify("b-lucas", LUCAS), "it is who asked about CRM", &[visited(LUCAS, RESEARCHING_CRM)]),
    beat(4250, intent(JANE, "email marketing", 64), "another topic, but she is in this one", &[interested(JANE, PRICING_TWICE)]),
    beat(4450, group("b-acme", ACME), "the company is known, the person is not", &[]),
    beat(4600, page("b-acme", "/product/routing"), "not a software company", &[]),
    beat(4850, page("b-ingrid", "/"), "somebody new", &[]),
    beat(5100, page("b-ingrid", "/pricing"), "still anonymous", &[]),
    beat(5350, identify("b-ingrid", INGRID), "a director, pricing seen once", &[visited(INGRID, LEADERS)]),
    beat(5600, page("b-ingrid", "/pricing/enterprise"), "that makes two", &[visited(INGRID, PRICING_TWICE)]),
    beat(5850, page("b-nobody", "/pricing"), "nobody known, no company", &[]),
    beat(6100, intent(OMAR, "CRM", 85), "in one segment already, now in two", &[interested(OMAR, LEADERS), interested(OMAR, RESEARCHING_CRM)]),
    beat(6350, signed_in("b-omar", "u-omar", "/customers"), "qualifies while on the site", &[visited(OMAR, RESEARCHING_CRM)]),
    beat(6600, page("b-sam", "/"), "somebody new", &[]),
    beat(6800, identify("b-sam", SAM), "known, but in no segment", &[]),
    beat(7000, page("b-sam", "/careers"), "known, but in no segment", &[]),
    beat(7250, intent(SAM, "CRM", 40), "too weak; the segment wants 70", &[]),
    beat(7500, group("b-kestrel-2", KESTREL), "another browser of that company", &[]),
    beat(7700, page("b-kestrel-2", "/product/pricing"), "a visit of its own", &[company_visited(KESTREL, SOFTWARE)]),
    beat(7950, signed_in("b-omar", "u-omar", "/pricing/enterprise"), "that makes two", &[visited(OMAR, PRICING_TWICE)]),
    beat(8200, page("b-lucas", "/pricing"), "once; the segment wants twice", &[]),
    beat(8450, page("b-lucas", "/pricing/teams"), "that makes two", &[visited(LUCAS, PRICING_TWICE)]),
    beat(8700, page("b-mei", "/customers"), "same visit: not announced again", &[]),
    beat(8950, intent(MEI, "route planning", 75), "another topic, but she is in these", &[interested(MEI, LEADERS), interested(MEI, PRICING_TWICE)]),
    beat(9200, signed_in("b-omar", "u-omar", "/contact-sales"), "same visit: not announced again", &[]),
    beat(9450, page("b-ingrid", "/contact-sales"), "same visit: not announced again", &[]),
    beat(9700, intent(INGRID, "CRM", 95), "in three segments at once", &[interested(INGRID, LEADERS), interested(INGRID, PRICING_TWICE), interested(INGRID, RESEARCHING_CRM)]),
];
