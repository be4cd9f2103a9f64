//! The operator's accent colour, so that it can be read on our pages in light and dark.
//!
//! Promise: text in an accent has a contrast of at least [`CONTRAST_MIN`] to 1 with everything it stands on, and so has
//! the text on a button of that colour; a colour that has it already is used as it is.
//! Source: relative luminance and contrast ratio of WCAG 2.2 (§1.4.3 asks for 4.5 to 1).

use std::fmt;

/// Least contrast between text and what it stands on.
pub const CONTRAST_MIN: f64 = 4.5;
/// The darkest ground in the light theme (`--sunken` of assets/beckon.css), and so the hardest for dark text.
const LIGHT_GROUND: Colour = Colour([0xf1, 0xef, 0xe8]);
/// The lightest ground in the dark theme.
const DARK_GROUND: Colour = Colour([0x23, 0x26, 0x22]);
const WHITE: Colour = Colour([0xff; 3]);
const BLACK: Colour = Colour([0; 3]);
/// In how many steps a colour is made darker or lighter.
const STEPS: u32 = 64;

/// A colour of the sRGB space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour([u8; 3]);

/// A colour for each theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shades {
    /// For light pages.
    pub light: Colour,
    /// For dark pages.
    pub dark: Colour,
}

impl Colour {
    /// Reads `#rrggbb`.
    pub fn parse(text: &str) -> Option<Colour> {
        let digits = text
            .strip_prefix('#')
            .filter(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let bits = u32::from_str_radix(digits, 16).ok()?;
        let [_, red, green, blue] = bits.to_be_bytes();
        Some(Colour([red, green, blue]))
    }

    /// This colour where it can be read, and else the nearest to it that can: darker on light pages, lighter on dark ones.
    pub fn shades(self) -> Shades {
        Shades { light: self.readable_on(LIGHT_GROUND, BLACK), dark: self.readable_on(DARK_GROUND, WHITE) }
    }

    /// The first on the way to `end` that has enough contrast with `ground`.
    fn readable_on(self, ground: Colour, end: Colour) -> Colour {
        let steps = (0..=STEPS).map(|step| self.mixed(end, f64::from(step) / f64::from(STEPS)));
        steps.into_iter().find(|colour| contrast(*colour, ground) >= CONTRAST_MIN).unwrap_or(end)
    }

    /// This colour with a part of another in it, from 0 to 1.
    fn mixed(self, other: Colour, part: f64) -> Colour {
        let mix = |own: u8, other: u8| (f64::from(own) * (1.0 - part) + f64::from(other) * part).round() as u8;
        let (Colour([r, g, b]), Colour([r2, g2, b2])) = (self, other);
        Colour([mix(r, r2), mix(g, g2), mix(b, b2)])
    }

    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        let Colour([red, green, blue]) = self;
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Colour([red, green, blue]) = self;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

fn contrast(one: Colour, other: Colour) -> f64 {
    let (one, other) = (one.luminance() + 0.05, other.luminance() + 0.05);
    one.max(other) / one.min(other)
}

/// The style that gives the tokens of assets/beckon.css these colours.
pub(crate) fn style(light: Colour, dark: Colour) -> String {
    let (light, dark) = (Tokens::light(light).named(), Tokens::dark(dark).named());
    let tokens = light.iter().zip(&dark).map(|((name, light), (_, dark))| format!("{name}:light-dark({light},{dark})"));
    format!(":root{{{}}}\n", tokens.collect::<Vec<_>>().join(";"))
}

/// What follows from an accent in one theme.
struct Tokens {
    accent: Colour,
    strong: Colour,
    on_accent: Colour,
    soft: Colour,
}

impl Tokens {
    fn light(accent: Colour) -> Tokens {
        let soft = accent.mixed(WHITE, 0.86);
        Tokens { accent, soft, strong: accent.mixed(BLACK, 0.25).readable_on(soft, BLACK), on_accent: WHITE }
    }

    fn dark(accent: Colour) -> Tokens {
        let soft = accent.mixed(DARK_GROUND, 0.8);
        let on_accent = accent.mixed(BLACK, 0.9);
        Tokens { accent, soft, strong: accent.mixed(WHITE, 0.3).readable_on(soft, WHITE), on_accent }
    }

    fn named(&self) -> [(&'static str, Colour); 4] {
        let Tokens { accent, strong, on_accent, soft } = *self;
        [("--accent", accent), ("--accent-strong", strong), ("--on-accent", on_accent), ("--accent-soft", soft)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        Colour::parse(text).unwrap()
    }

    #[test]
    fn a_colour_reads_back_and_nothing_else_is_one() {
        assert_eq!(colour("#7A1fa2").to_string(), "#7a1fa2");
        for wrong in ["", "#fff", "7a1fa2", "#7a1fag", "#+a1fa2", "#7a1fa2;", "red"] {
            assert_eq!(Colour::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((contrast(WHITE, BLACK) - 21.0).abs() < 1e-9);
        // The grey known to be the lightest that can be read on white.
        assert!(contrast(colour("#767676"), WHITE) >= 4.5 && contrast(colour("#777777"), WHITE) < 4.5);
    }

    #[test]
    fn whatever_the_colour_everything_can_be_read_in_both_themes() {
        let channel = || (0_u8..=255).step_by(51);
        for (red, green, blue) in channel().flat_map(|r| channel().flat_map(move |g| channel().map(move |b| (r, g, b))))
        {
            let wanted = Colour([red, green, blue]);
            let Shades { light, dark } = wanted.shades();
            for (ground, tokens) in [(LIGHT_GROUND, Tokens::light(light)), (DARK_GROUND, Tokens::dark(dark))] {
                for (name, text, ground) in [
                    ("a link", tokens.accent, ground),
                    ("a button", tokens.on_accent, tokens.accent),
                    ("a pressed button", tokens.on_accent, tokens.strong),
                    ("where one is", tokens.strong, tokens.soft),
                    ("a link one points at", tokens.strong, ground),
                ] {
                    assert!(contrast(text, ground) >= CONTRAST_MIN, "{name} with {wanted}: {text} on {ground}");
                }
            }
            assert!(
                contrast(wanted, LIGHT_GROUND) < CONTRAST_MIN || light == wanted,
                "{wanted} was changed needlessly"
            );
        }
    }

    #[test]
    fn the_style_names_the_tokens_for_each_theme() {
        let css = style(colour("#7a1fa2"), colour("#d48ef0"));
        assert!(css.starts_with(":root{--accent:light-dark(#7a1fa2,#d48ef0);--accent-strong:light-dark("), "{css}");
    }
}
