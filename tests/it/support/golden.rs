//! Tables that people agreed on, kept as files. `UPDATE_GOLDEN=1` writes what the program says now; the difference then
//! shows in the review.

use std::{fmt::Write, fs, path::Path};

/// Compares with `tests/it/golden/{name}`.
pub fn golden(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
        fs::write(&path, actual).expect("written");
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == actual,
        "{name} is not as agreed (UPDATE_GOLDEN=1 accepts):\n{}",
        difference(&expected, actual)
    );
}

/// Lines that are only in one of the two, in order.
fn difference(expected: &str, actual: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), actual.lines().collect());
    let (mut left, mut right, mut told) = (0, 0, String::new());
    while left < old.len() || right < new.len() {
        if left < old.len() && right < new.len() && old[left] == new[right] {
            (left, right) = (left + 1, right + 1);
        } else if left < old.len() && !new[right.min(new.len())..].contains(&old[left]) {
            let _ = writeln!(told, "- {}", old[left]);
            left += 1;
        } else if right < new.len() {
            let _ = writeln!(told, "+ {}", new[right]);
            right += 1;
        }
        if told.len() > 4000 {
            return told + "...";
        }
    }
    told
}
