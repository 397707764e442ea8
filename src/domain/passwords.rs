//! What a password must be, and the passwords Rollcall makes itself (portal contract 1.6, product
//! contract section 7, security contract S2, S3, S6). Judging is pure: the module never sees a
//! hash and never knows whose password it is beyond the words that must not occur in it.

mod estimate;
mod temporary;

pub use self::estimate::Strength;
pub use self::temporary::temporary_password;

use std::fmt;

use self::estimate::Score;
use super::text::fold;

/// Longest accepted password, in code points.
pub const LONGEST: usize = 128;

/// Shortest minimum an installation may set, in code points.
pub const LOWEST_MINIMUM: usize = 8;

/// Minimum length unless the installation sets another, in code points.
pub const DEFAULT_MINIMUM: usize = 12;

/// Longest password that is looked at when logging in, in bytes. Longer ones are refused without
/// any hashing and are not an attempt (portal contract 1.2). The largest password one may choose,
/// 128 code points of four bytes each, stays below it.
pub const LONGEST_LOGIN_BYTES: usize = 1024;

/// Shortest name, or part of one, that a password may not contain.
const SHORTEST_NAME: usize = 4;

/// Shortest organization name or local part that a password may not contain. One or two letters
/// occur in nearly every password.
const SHORTEST_OWN_WORD: usize = 3;

/// Everything a password is compared with.
#[derive(Clone, Copy, Debug)]
pub struct PolicyContext<'a> {
    /// Fewest code points, from the settings.
    pub min_length: usize,
    /// The product's name.
    pub product: &'a str,
    /// Names of the organizations the person belongs to.
    pub organizations: &'a [&'a str],
    /// The person's address.
    pub email: &'a str,
    /// The person's names: display name, first, last. Empty ones are ignored.
    pub names: &'a [&'a str],
    /// The password being replaced, as typed on the same form, if the form asks for it.
    pub in_use: Option<&'a str>,
}

/// One unmet rule. `Display` is the message of the contract; the order is that of reporting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PasswordProblem {
    /// Fewer code points than the minimum, which it holds.
    TooShort(usize),
    /// More than [`LONGEST`] code points.
    TooLong,
    /// The estimator finds it guessable.
    TooCommon,
    /// Contains the product's, the organization's or the person's name or address.
    Personal,
    /// It is the one being replaced.
    InUse,
    /// The two fields differ. Reported alone, when every other rule is met.
    Mismatch,
}

impl fmt::Display for PasswordProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort(least) => write!(f, "Use at least {least} characters."),
            Self::TooLong => write!(f, "Use at most {LONGEST} characters."),
            Self::TooCommon => f.write_str("This password is too common."),
            Self::Personal => f.write_str("Do not use your name, email or organization in the password."),
            Self::InUse => f.write_str("Choose a password you are not using now."),
            Self::Mismatch => f.write_str("The passwords do not match."),
        }
    }
}

/// All that one look at a password tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Every unmet rule, in the order of the contract; empty means accepted.
    pub problems: Vec<PasswordProblem>,
    /// The hint that goes with it.
    pub strength: Strength,
}

/// Judges a password and estimates its strength in one evaluation.
///
/// A hostile input costs up to a quarter of a second of computing: callers run it where they run
/// password hashes, not on the threads that answer requests.
pub fn assess(password: &str, context: &PolicyContext<'_>) -> Judgement {
    let length = password.chars().count();
    let score = estimate::score(password, context);
    let is_personal = is_personal(password, context);
    let is_short = length < context.min_length;

    let found = [
        is_short.then_some(PasswordProblem::TooShort(context.min_length)),
        (length > LONGEST).then_some(PasswordProblem::TooLong),
        (score < Score::Three).then_some(PasswordProblem::TooCommon),
        is_personal.then_some(PasswordProblem::Personal),
        (context.in_use == Some(password)).then_some(PasswordProblem::InUse),
    ];
    let strength = match Strength::from(score) {
        _ if is_short => Strength::TooShort,
        _ if is_personal => Strength::Weak,
        estimated => estimated,
    };
    Judgement { problems: found.into_iter().flatten().collect(), strength }
}

/// Every unmet rule for a new password, in the order of the contract.
pub fn judge(password: &str, context: &PolicyContext<'_>) -> Vec<PasswordProblem> {
    assess(password, context).problems
}

/// [`judge`] for a form that asks twice: that the two differ is said only when nothing else is.
pub fn judge_pair(password: &str, repeated: &str, context: &PolicyContext<'_>) -> Vec<PasswordProblem> {
    let mut problems = judge(password, context);
    if problems.is_empty() && password != repeated {
        problems.push(PasswordProblem::Mismatch);
    }
    problems
}

/// The hint shown while typing.
pub fn strength(password: &str, context: &PolicyContext<'_>) -> Strength {
    assess(password, context).strength
}

/// Whether the password contains a text that anybody who knows the person would try.
fn is_personal(password: &str, context: &PolicyContext<'_>) -> bool {
    let password = fold(password);
    let local_part = context.email.split_once('@').map_or(context.email, |(local, _)| local);
    let own_words = [context.product, local_part]
        .into_iter()
        .chain(context.organizations.iter().copied())
        .map(|word| (word, SHORTEST_OWN_WORD));
    let names = context.names.iter().flat_map(|name| {
        name.split(|letter: char| !letter.is_alphanumeric()).chain([*name]).map(|word| (word, SHORTEST_NAME))
    });
    own_words.chain(names).any(|(word, shortest)| contains(&password, word, shortest))
}

/// Whether the folded password contains the word, as written or with the gaps closed in both (an
/// organization of two words written as one, and the other way round).
fn contains(password: &str, word: &str, shortest: usize) -> bool {
    let word = fold(word.trim());
    let closed = squeezed(&word);
    if closed.chars().count() < shortest {
        return false;
    }
    password.contains(&word) || (closed != word && squeezed(password).contains(&closed))
}

/// Letters and digits alone.
fn squeezed(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::PasswordProblem::{InUse, Mismatch, Personal, TooCommon, TooLong, TooShort};
    use super::*;

    const ANA: PolicyContext<'static> = PolicyContext {
        min_length: DEFAULT_MINIMUM,
        product: "Rollcall",
        organizations: &["Acme Health"],
        email: "ana.lima@acme.example",
        names: &["Ana Limadottir", "Ana", ""],
        in_use: None,
    };

    /// Unguessable text of any length.
    fn random_text(length: usize) -> String {
        let alphabet: Vec<char> = "kX7vQ2pZr9TbW4mYcHs6JdNf8gLx3RwB5tVqKz".chars().collect();
        let mut state = 7_usize;
        (0..length)
            .map(|_| {
                state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
                alphabet[state / 65_536 % alphabet.len()]
            })
            .collect()
    }

    #[test]
    fn messages_are_those_of_the_contract() {
        let messages: Vec<String> = [TooShort(12), TooLong, TooCommon, Personal, InUse, Mismatch]
            .iter()
            .map(PasswordProblem::to_string)
            .collect();
        assert_eq!(
            messages,
            [
                "Use at least 12 characters.",
                "Use at most 128 characters.",
                "This password is too common.",
                "Do not use your name, email or organization in the password.",
                "Choose a password you are not using now.",
                "The passwords do not match.",
            ]
        );
    }

    #[test]
    fn length_counts_code_points() {
        assert_eq!(judge(&random_text(11), &ANA), [TooShort(12)]);
        assert_eq!(judge(&random_text(12), &ANA), []);
        assert_eq!(judge(&random_text(128), &ANA), []);
        assert_eq!(judge(&random_text(129), &ANA), [TooLong]);
        assert_eq!(judge("🦀🎻🌵🚲🧊🥁🪁🧵🦜🫐🧲🪐", &ANA), []);
        assert_eq!(judge("🦀🎻🌵🚲🧊🥁🪁🧵🦜🫐🧲", &ANA), [TooShort(12)]);
    }

    #[test]
    fn the_minimum_is_a_setting() {
        let eight = PolicyContext { min_length: 8, ..ANA };
        assert_eq!(judge(&random_text(9), &eight), []);
        assert!(!judge(&random_text(8), &eight).contains(&TooShort(8)));
        assert_eq!(judge(&random_text(7), &eight)[0].to_string(), "Use at least 8 characters.");
    }

    #[test]
    fn spaces_and_any_characters_are_taken_as_typed() {
        assert_eq!(judge(" correct horse battery staple ", &ANA), []);
        assert_eq!(judge("ключ·верблюд·зонтик·чайник", &ANA), []);
    }

    #[test]
    fn stretched_common_passwords_are_too_common() {
        for common in [
            "password1234",
            "qwertyuiop12",
            "123456789012",
            "iloveyou1234",
            "passwordpassword",
            "letmein12345",
            "aaaaaaaaaaaa",
            "abc123abc123",
            "p@ssw0rd1234",
            "Welcome12345",
            "football2024",
            "sunshine!!!!",
            // Guessable, if narrowly.
            "charlie19851",
            "tigerbaseball1",
        ] {
            assert_eq!(judge(common, &ANA), [TooCommon], "{common}");
        }
    }

    #[test]
    fn what_is_built_from_the_person_is_personal() {
        for own in [
            "rOLLcALL-kX7vQ2pZr9Tb",
            "Acme Health kX7vQ2pZr9Tb",
            "kX7vQ2acmehealthpZr9Tb",
            "kX7vQ2ANA.LIMApZr9Tb",
            "kX7vQ2analimapZr9Tb",
            "kX7vQ2limadottirpZr9Tb",
            "kX7vQ2Ana LimadottirpZr9Tb",
        ] {
            assert_eq!(judge(own, &ANA), [Personal], "{own}");
        }
        assert_eq!(judge("AcmeHealth2026!!", &ANA), [Personal]);
        assert_eq!(judge("Acme Health2026!!", &ANA), [Personal]);
    }

    #[test]
    fn short_words_and_parts_of_an_organization_are_only_estimated() {
        // "Ana" has three letters, "Acme" is a part: both allowed inside something strong.
        assert_eq!(judge("banana-kX7vQ2pZr9Tb", &ANA), []);
        assert_eq!(judge("kX7vQ2-acme-pZr9Tb", &ANA), []);
        // On their own they make a password weak.
        assert_eq!(judge("acmeacmeacme", &ANA), [TooCommon]);
        let al = PolicyContext { email: "al@acme.example", ..ANA };
        assert_eq!(judge("kX7val2pZr9TbW4m", &al), []);
    }

    #[test]
    fn every_unmet_rule_is_reported_in_order() {
        let ana = PolicyContext { in_use: Some("rollcall"), ..ANA };
        assert_eq!(judge("rollcall", &ana), [TooShort(12), TooCommon, Personal, InUse]);
        assert_eq!(judge(&"rollcall".repeat(20), &ana), [TooLong, TooCommon, Personal]);
        assert_eq!(judge("", &ana), [TooShort(12), TooCommon]);
    }

    #[test]
    fn the_one_in_use_is_compared_exactly() {
        let in_use = random_text(20);
        let ana = PolicyContext { in_use: Some(&in_use), ..ANA };
        assert_eq!(judge(&in_use, &ana), [InUse]);
        assert_eq!(judge(&format!("{in_use} "), &ana), []);
    }

    #[test]
    fn a_mismatch_is_reported_alone() {
        let good = random_text(20);
        assert_eq!(judge_pair(&good, &good, &ANA), []);
        assert_eq!(judge_pair(&good, "other", &ANA), [Mismatch]);
        assert_eq!(judge_pair("short", "other", &ANA), [TooShort(12), TooCommon]);
    }

    #[test]
    fn strength_agrees_with_the_judgement() {
        assert_eq!(strength("kX7vQ2pZr9", &ANA), Strength::TooShort);
        assert_eq!(strength("password1234", &ANA), Strength::Weak);
        assert_eq!(strength("tigerbaseball1", &ANA), Strength::Fair);
        assert_eq!(strength("kX7vQ2rollcallpZr9Tb", &ANA), Strength::Weak);
        assert_eq!(strength(&random_text(20), &ANA), Strength::VeryStrong);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn accepted_means_strong_and_the_order_holds(password in "\\PC{0,40}") {
            let judgement = assess(&password, &ANA);
            let mut sorted = judgement.problems.clone();
            sorted.sort();
            prop_assert_eq!(&sorted, &judgement.problems);
            if judgement.problems.is_empty() {
                prop_assert!(judgement.strength >= Strength::Strong);
            }
        }
    }
}
