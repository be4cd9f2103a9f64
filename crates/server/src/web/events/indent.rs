//! JSON, indented for reading.
//!
//! Promise: only white space changes. Order, repeated names and numbers of any size stay as they were sent, which a
//! parsed form would not keep.

/// Deepest level that is indented; what is deeper stands in one line.
const DEPTH_MAX: usize = 64;

/// Indents a JSON text by two spaces a level. What is not JSON comes out in some shape, but whole.
pub(super) fn indent(json: &str) -> String {
    let mut shown = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    let mut letters = json.chars().peekable();
    while let Some(letter) = letters.next() {
        if in_string {
            shown.push(letter);
            in_string = escaped || letter != '"';
            escaped = letter == '\\' && !escaped;
            continue;
        }
        match letter {
            ' ' | '\t' | '\n' | '\r' => {}
            '"' => {
                in_string = true;
                shown.push(letter);
            }
            '{' | '[' => {
                shown.push(letter);
                while letters.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                // An empty one stays on its line.
                if let Some(close) = letters.next_if(|next| matches!(next, '}' | ']')) {
                    shown.push(close);
                } else {
                    depth += 1;
                    begin_line(&mut shown, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                begin_line(&mut shown, depth);
                shown.push(letter);
            }
            ',' => {
                shown.push(letter);
                begin_line(&mut shown, depth);
            }
            ':' => shown.push_str(": "),
            _ => shown.push(letter),
        }
    }
    shown
}

fn begin_line(shown: &mut String, depth: usize) {
    if depth <= DEPTH_MAX {
        shown.push('\n');
        shown.extend(std::iter::repeat_n("  ", depth));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_white_space_changes() {
        let json = r#"{"b":1e400,"a":[1, 2.0,{}],"b":"x, {\"y\": \\","n":12345678901234567890123,"e":[ ]}"#;
        let shown = indent(json);
        assert_eq!(
            shown,
            "{\n  \"b\": 1e400,\n  \"a\": [\n    1,\n    2.0,\n    {}\n  ],\n  \"b\": \"x, {\\\"y\\\": \\\\\",\n  \
             \"n\": 12345678901234567890123,\n  \"e\": []\n}"
        );
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(bare(&shown), bare(json));
    }

    #[test]
    fn depth_costs_no_more_than_its_text() {
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(indent(&deep).len() < deep.len() + 20_000);
    }
}
