//! How hard a password is to guess, as zxcvbn sees it: its dictionaries and patterns, and the words
//! that belong to the person.

use serde::Serialize;
pub(super) use zxcvbn::Score;

use super::{PolicyContext, squeezed};
use crate::domain::text::fold;

/// How much of a password the estimator is given, in code points. Its work grows faster than the
/// length (signs that could stand for letters are the worst), and its verdict is decided long
/// before: whatever 64 unguessable characters are followed by, the whole is no easier to guess.
const ESTIMATED: usize = 64;

/// How many words the estimator is told not to value. A person in very many organizations must
/// not make judging slow.
const MOST_WORDS: usize = 100;

/// Shortest word the estimator is told; shorter ones occur everywhere.
const SHORTEST_WORD: usize = 3;

/// The hint shown while typing. The words are those of the contract's strength bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// Below the minimum length.
    TooShort,
    /// Would be refused.
    Weak,
    /// Would be refused, narrowly.
    Fair,
    /// Accepted.
    Strong,
    /// Accepted, out of reach of any guessing.
    VeryStrong,
}

impl Strength {
    /// The word beside the bar.
    pub const fn label(self) -> &'static str {
        match self {
            Self::TooShort => "Too short",
            Self::Weak => "Weak",
            Self::Fair => "Fair",
            Self::Strong => "Strong",
            Self::VeryStrong => "Very strong",
        }
    }

    /// How many of the four bars are filled.
    pub const fn bars(self) -> u8 {
        match self {
            Self::TooShort => 0,
            Self::Weak => 1,
            Self::Fair => 2,
            Self::Strong => 3,
            Self::VeryStrong => 4,
        }
    }
}

impl From<Score> for Strength {
    fn from(score: Score) -> Self {
        match score {
            Score::Two => Self::Fair,
            Score::Three => Self::Strong,
            Score::Four => Self::VeryStrong,
            // The enum of the library is open; what it may add below or beside these is weak.
            _ => Self::Weak,
        }
    }
}

/// The estimator's verdict. A policy that wants more than "narrowly" asks for [`Score::Three`].
pub(super) fn score(password: &str, context: &PolicyContext<'_>) -> Score {
    let examined: String = password.chars().take(ESTIMATED).collect();
    let words = known_words(context);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    zxcvbn::zxcvbn(&examined, &words).score()
}

/// The words an attacker who knows the person would try first: the whole texts, their parts, and
/// the parts written as one.
fn known_words(context: &PolicyContext<'_>) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let texts = [context.product, context.email]
        .into_iter()
        .chain(context.names.iter().copied())
        .chain(context.organizations.iter().copied());
    for text in texts {
        let folded = fold(text);
        let parts = folded.split(|letter: char| !letter.is_alphanumeric()).map(str::to_owned);
        for word in parts.chain([squeezed(&folded), folded.clone()]) {
            if word.chars().count() >= SHORTEST_WORD && !words.contains(&word) {
                words.push(word);
            }
            if words.len() == MOST_WORDS {
                return words;
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const NOBODY: PolicyContext<'static> =
        PolicyContext { min_length: 12, product: "Rollcall", organizations: &[], email: "", names: &[], in_use: None };

    #[test]
    fn the_words_of_the_person_count_for_nothing() {
        let ana = PolicyContext {
            organizations: &["Zumbathorpe Dairies"],
            email: "quillsby@x.example",
            names: &["Ana Vandermolen"],
            ..NOBODY
        };
        for own in ["zumbathorpe", "quillsby", "vandermolen", "ZumbathorpeDairies"] {
            assert!(score(own, &ana) < score(own, &NOBODY), "{own}");
            assert!(score(own, &ana) <= Score::One, "{own}");
        }
    }

    #[test]
    fn words_are_whole_parts_and_squeezed_once_each() {
        let ana =
            PolicyContext { organizations: &["Acme Health"], email: "ana@acme.example", names: &["Ana"], ..NOBODY };
        assert_eq!(
            known_words(&ana),
            [
                "rollcall",
                "ana",
                "acme",
                "example",
                "anaacmeexample",
                "ana@acme.example",
                "health",
                "acmehealth",
                "acme health"
            ]
        );
    }

    #[test]
    fn very_many_organizations_are_cut() {
        let names: Vec<String> = (0..500).map(|n| format!("organization {n:03}")).collect();
        let organizations: Vec<&str> = names.iter().map(String::as_str).collect();
        let busy = PolicyContext { organizations: &organizations, ..NOBODY };
        assert_eq!(known_words(&busy).len(), MOST_WORDS);
    }

    #[test]
    fn only_the_beginning_of_a_long_password_is_estimated() {
        let weak_start = "a".repeat(ESTIMATED);
        assert_eq!(score(&format!("{weak_start}kX7vQ2pZr9TbW4mY"), &NOBODY), score(&weak_start, &NOBODY));
        // The worst input known, a thousand times over: seconds would mean the bound is gone.
        let hostile = "@4({[<369&#!1/|0$5+7%2".repeat(1000);
        let start = Instant::now();
        score(&hostile, &NOBODY);
        assert!(start.elapsed().as_secs() < 20);
    }

    #[test]
    fn labels_and_bars_rise_together() {
        let all = [Strength::TooShort, Strength::Weak, Strength::Fair, Strength::Strong, Strength::VeryStrong];
        assert_eq!(all.map(Strength::label), ["Too short", "Weak", "Fair", "Strong", "Very strong"]);
        assert_eq!(all.map(Strength::bars), [0, 1, 2, 3, 4]);
    }
}
