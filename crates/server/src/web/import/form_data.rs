//! Finds a file, or another part, in a form that was posted as `multipart/form-data` (RFC 7578, RFC 2046 §5.1).
//!
//! Over a body that is whole in memory already, whose length is bounded. Only what browsers send: no nesting, no
//! transfer encodings.

use bytes::Bytes;

/// Longest boundary (RFC 2046 §5.1.1), in bytes.
const BOUNDARY_BYTES_MAX: usize = 70;
/// Longest head of a part, in bytes.
const HEAD_BYTES_MAX: usize = 4096;

/// What stands between the parts, from the content type; `None` if it is no such form.
pub(super) fn boundary(content_type: &str) -> Option<String> {
    let (essence, parameters) = content_type.split_once(';')?;
    if !essence.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        let is_it = name.trim().eq_ignore_ascii_case("boundary") && (1..=BOUNDARY_BYTES_MAX).contains(&value.len());
        is_it.then(|| value.to_owned())
    })
}

/// The content of the part of that name.
pub(super) fn find_part(body: &Bytes, boundary: &str, name: &str) -> Option<Bytes> {
    let open = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let mut at = find_boundary(body, &open, 0)? + open.len();
    loop {
        if body.get(at..)?.starts_with(b"--") {
            return None;
        }
        let head_at = at + 2;
        let content_at = find(body, b"\r\n\r\n", at)? + 4;
        let end = find_boundary(body, &between, content_at)?;
        let head = body.get(head_at..content_at).filter(|head| head.len() <= HEAD_BYTES_MAX)?;
        if is_named(&String::from_utf8_lossy(head), name) {
            return Some(body.slice(content_at..end));
        }
        at = end + between.len();
    }
}

/// Where the next boundary begins: one that a line end or the final dashes follow, for a file may have lines that only
/// begin like it.
fn find_boundary(body: &[u8], boundary: &str, mut from: usize) -> Option<usize> {
    loop {
        let at = find(body, boundary.as_bytes(), from)?;
        let behind = body.get(at + boundary.len()..)?;
        if behind.starts_with(b"\r\n") || behind.starts_with(b"--") {
            return Some(at);
        }
        from = at + 1;
    }
}

fn is_named(head: &str, name: &str) -> bool {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let disposition = lines.find(|(known, _)| known.trim().eq_ignore_ascii_case("content-disposition"));
    disposition.is_some_and(|(_, value)| {
        value.split(';').any(|parameter| {
            parameter.trim().strip_prefix("name=").is_some_and(|found| found.trim_matches('"') == name)
        })
    })
}

fn find(body: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let first = *wanted.first()?;
    let mut at = from;
    loop {
        at += body.get(at..)?.iter().position(|byte| *byte == first)?;
        if body.get(at..)?.starts_with(wanted) {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(body: &str, boundary: &str) -> Option<String> {
        let found = find_part(&Bytes::from(body.to_owned()), boundary, "file")?;
        Some(String::from_utf8(found.to_vec()).unwrap())
    }

    #[test]
    fn the_file_is_found_among_other_fields_and_kept_byte_for_byte() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nname=\"file\"\r\n--x\r\n\
                    content-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\n\
                    email\r\n\r\n--xy is no boundary\r\nb@a.com\n\r\n--x--\r\n";
        assert_eq!(file(body, "x").unwrap(), "email\r\n\r\n--xy is no boundary\r\nb@a.com\n");
        assert_eq!(file(body, "y"), None);
        let none = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\r\n--b--\r\n";
        assert_eq!(file(none, "b").unwrap(), "");
    }

    #[test]
    fn what_is_cut_off_or_no_form_has_no_file() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nabc\r\n--b--\r\n";
        for end in 0..body.len() - 5 {
            assert_eq!(file(&body[..end], "b").filter(|found| found != "abc"), None, "{end}");
        }
        assert_eq!(boundary("multipart/form-data; boundary=\"a b\"").as_deref(), Some("a b"));
        for odd in [
            "text/plain; boundary=x",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; x=y",
        ] {
            assert_eq!(boundary(odd), None, "{odd}");
        }
    }
}
