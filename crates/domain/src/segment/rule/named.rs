//! Closed lists of words.

/// Declares an enum whose variants are words of the rule language.
macro_rules! named {
    ($(#[$doc:meta])* $vis:vis enum $name:ident { $($variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        $vis enum $name {
            $(#[doc = concat!("`", $text, "`")] $variant,)+
        }

        impl $name {
            /// Every one, in the order in which people see them.
            $vis const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The word in a rule.
            $vis fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)+
                }
            }

            /// The one of that word, or `None` if there is none.
            $vis fn parse(word: &str) -> Option<$name> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }

            /// All words, as an error message lists them.
            $vis fn words() -> String {
                Self::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(", ")
            }
        }
    };
}

pub(super) use named;
