//! Makes of the settings how the portal looks, and reads the logo.
//!
//! Promise: what a file is is told by its content, and only pictures are taken; a colour that cannot be read on our pages
//! is replaced by a darker one, and the log says so.
//! Not here: serving any of it (`beckon-server`).

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use beckon_server::PortalOptions;
use bytes::Bytes;

use crate::config::Config;

/// Largest logo, in bytes.
const LOGO_BYTES_MAX: u64 = 256 * 1024;
/// How much of a file is searched for what makes it a drawing, in bytes: comments may come first.
const SVG_HEAD_BYTES_MAX: usize = 4096;

/// Reads what the settings name. Blocks.
pub(crate) fn options(config: &Config) -> anyhow::Result<PortalOptions> {
    let logo = config.portal_logo.as_ref().map(|file| read_logo(&file.0)).transpose()?;
    let accent = config.portal_accent.map(|wanted| {
        let shades = wanted.shades();
        if shades.light != wanted {
            tracing::warn!(
                "portal_accent {wanted} is too light to be read on a light page: {} is used there instead",
                shades.light
            );
        }
        [shades.light.to_string(), shades.dark.to_string()]
    });
    Ok(PortalOptions {
        name: config.portal_name.as_ref().map(|name| name.0.clone()),
        logo,
        accent,
        frame_ancestors: config.portal_frame_ancestors.0.clone(),
    })
}

/// The media type and the bytes of a picture.
fn read_logo(path: &Path) -> anyhow::Result<(String, Bytes)> {
    let mut bytes = vec![];
    let cannot = || format!("portal_logo: the file {} cannot be read", path.display());
    // One byte more than allowed tells that there are more.
    File::open(path).and_then(|file| file.take(LOGO_BYTES_MAX + 1).read_to_end(&mut bytes)).with_context(cannot)?;
    anyhow::ensure!(
        bytes.len() as u64 <= LOGO_BYTES_MAX,
        "portal_logo: the file {} is larger than {} KiB: make it smaller",
        path.display(),
        LOGO_BYTES_MAX / 1024
    );
    let kind = media_type(&bytes)
        .with_context(|| format!("portal_logo: the file {} is neither svg nor png, jpeg or webp", path.display()))?;
    Ok((kind.to_owned(), bytes.into()))
}

/// What a picture is, by how it begins.
fn media_type(bytes: &[u8]) -> Option<&'static str> {
    let head = &bytes[..bytes.len().min(SVG_HEAD_BYTES_MAX)];
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => {
            let text = std::str::from_utf8(bytes).ok()?;
            let is_svg = text.trim_start_matches('\u{feff}').trim_start().starts_with('<')
                && head.windows(b"<svg".len()).any(|window| window == b"<svg");
            is_svg.then_some("image/svg+xml")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::value::ImageFile;

    const SVG: &str = "<?xml version=\"1.0\"?>\n<!-- a logo -->\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>";

    fn logo(content: &[u8]) -> anyhow::Result<(String, Bytes)> {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("logo.png");
        std::fs::write(&file, content).unwrap();
        options(&Config { portal_logo: Some(ImageFile(file)), ..Config::default() }).map(|portal| portal.logo.unwrap())
    }

    #[test]
    fn what_a_logo_is_is_told_by_its_content() {
        assert_eq!(logo(b"\x89PNG\r\n\x1a\nrest").unwrap().0, "image/png");
        assert_eq!(logo(b"\xff\xd8\xff\xe0rest").unwrap().0, "image/jpeg");
        assert_eq!(logo(b"RIFF1234WEBPrest").unwrap().0, "image/webp");
        assert_eq!(logo(SVG.as_bytes()).unwrap(), ("image/svg+xml".to_owned(), Bytes::from(SVG)));
        for wrong in [&b""[..], b"GIF89a", b"<html><body></body></html>", b"svg", b"\xff\xfe<svg"] {
            assert!(logo(wrong).unwrap_err().to_string().contains("logo.png"), "{wrong:?}");
        }
    }

    #[test]
    fn a_logo_that_is_too_large_or_missing_is_named() {
        let large = [SVG.as_bytes(), &vec![b' '; LOGO_BYTES_MAX as usize]].concat();
        assert!(logo(&large).unwrap_err().to_string().contains("256 KiB"));
        let config = Config { portal_logo: Some(ImageFile("no-such.svg".into())), ..Config::default() };
        assert!(options(&config).unwrap_err().to_string().contains("no-such.svg"));
    }

    #[test]
    fn an_accent_is_made_readable_in_both_themes() {
        let accent = |text: &str| {
            let portal_accent = beckon_server::portal::accent::Colour::parse(text);
            options(&Config { portal_accent, ..Config::default() }).unwrap().accent.unwrap()
        };
        assert_eq!(accent("#7a1fa2")[0], "#7a1fa2", "what can be read stays");
        assert_ne!(accent("#ffee00")[0], "#ffee00");
        assert_ne!(accent("#000080")[1], "#000080");
    }
}
