//! Cells of exported files. A cell that a spreadsheet would take for a formula gets a leading apostrophe (S78); reading
//! takes it off again.

const STARTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\0', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// The cell as it is written.
pub fn inert(cell: &str) -> String {
    if cell.starts_with(STARTS) { format!("'{cell}") } else { cell.to_owned() }
}

/// The cell as it was before it was written.
pub fn plain(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(STARTS)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_made_inert_and_come_back() {
        for cell in ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\0x", "\u{ff1d}1"] {
            assert_eq!(inert(cell), format!("'{cell}"));
            assert_eq!(plain(&inert(cell)), cell);
        }
        for cell in ["Ana = Lima", "", "'quoted'"] {
            assert_eq!(inert(cell), cell);
            assert_eq!(plain(cell), cell);
        }
    }
}
