//! What pages are made of. `/design` shows each.
//!
//! A part is a function from what it shows to its HTML. Colours, sizes and distances come from `assets/beckon.css`; no part
//! has a style of its own.

mod badge;
mod chart;
mod code;
mod field;
mod icon;
mod layout;
mod moment;
mod table;

pub(crate) use badge::{Tone, badge, tag, tags};
pub(crate) use chart::{Bars, Series, bars, sparkline};
pub(crate) use code::{code_block, copyable, json_block};
pub(crate) use field::{Field, choice, choice_card, error_summary};
pub(crate) use icon::{Icon, icon};
pub(crate) use layout::{card, card_with, dialog_body, dialog_link, empty, facts, menu, note, post_button, stat, tabs};
pub(crate) use moment::{duration, moment, moment_of, number, of_requests};
pub(crate) use table::{further, row_cell, table, table_card};
