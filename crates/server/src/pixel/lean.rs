//! Makes a script of ours small: without comments, and without blanks that mean nothing.
//!
//! Promise: the script means the same afterwards. That holds for scripts written like ours, which a test looks at:
//! a comment has a line of its own and begins with `//`, a text stands in double quotes, escapes nothing and ends on its
//! line, and no pattern has a blank or a quote in it.
//! Not here: shorter names. What is served can still be read.

/// Signs next to which a blank means nothing.
const SIGNS: &str = "=(){}[],;:?&|<>!*";
/// Signs after which a line may go on: none of them ends a statement that the next line could change.
const OPEN: &[char] = &['{', '(', ',', ';'];

/// The script without what only its readers need.
pub(super) fn lean(source: &str) -> String {
    let mut made = String::with_capacity(source.len());
    for line in source.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")) {
        // Every other part stands in quotes.
        for (place, part) in line.split('"').enumerate() {
            if place > 0 {
                made.push('"');
            }
            if place % 2 == 0 { push_without_blanks(&mut made, part) } else { made.push_str(part) }
        }
        if !made.ends_with(OPEN) {
            made.push('\n');
        }
    }
    made
}

fn push_without_blanks(made: &mut String, code: &str) {
    let mut rest = code.chars().peekable();
    while let Some(sign) = rest.next() {
        let needless = sign == ' ' && (made.ends_with(is_sign) || rest.peek().is_some_and(|&next| is_sign(next)));
        if !needless {
            made.push(sign);
        }
    }
}

fn is_sign(sign: char) -> bool {
    SIGNS.contains(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_blanks_go_and_texts_stay_as_they_are() {
        let source =
            "// What it does.\nconst a = (b, c) => {\n  // Why.\n  return b + \" = ( // x\" + c;\n};\n\nlet d = a\n";
        assert_eq!(lean(source), "const a=(b,c)=>{return b + \" = ( // x\" + c;};let d=a\n");
    }

    #[test]
    fn what_blanks_hold_apart_stays_apart() {
        assert_eq!(lean("const x = a + +b\nelse return typeof x"), "const x=a + +b\nelse return typeof x\n");
        assert_eq!(lean("a\n(b)\n"), "a\n(b)\n", "a line's end may end a statement");
        assert_eq!(lean("f(\"\", \" \")"), "f(\"\",\" \")\n");
    }
}
