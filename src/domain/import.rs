//! A file of people to invite: CSV with the columns `email,name,roles` (product contract 8.36). Reads what spreadsheets
//! and scripts write, keeps every row that says something, and tells of each what is wrong with its form. Which roles
//! there are, and who is a member already, it refuses to know.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    cells::plain,
    text::{DisplayName, TypedAddress},
};

/// Bytes a file may have (security contract S88).
pub const LARGEST_FILE: usize = 16 * 1024 * 1024;
/// Rows a file may have.
pub const MOST_ROWS: usize = 100_000;
/// Characters of a cell; nothing that is right comes near it.
const LONGEST_CELL: usize = 1000;
const COLUMNS: [&str; 3] = ["email", "name", "roles"];

/// Why nothing of a file can be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FileProblem {
    /// Over [`LARGEST_FILE`].
    #[error("Use a file of at most 16 MiB.")]
    TooLarge,
    /// Another encoding.
    #[error("Save the file as CSV with the encoding UTF-8.")]
    NotText,
    /// Something else than the columns in the first line.
    #[error("The first line must be email,name,roles.")]
    Columns,
    /// Columns only.
    #[error("The file has no rows.")]
    Empty,
    /// Over [`MOST_ROWS`].
    #[error("Import at most 100,000 rows at a time.")]
    TooMany,
}

/// One row, its cells as they stand in the file but for white space around them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRow {
    /// The line it begins on; the columns stand on the first.
    pub line: u64,
    /// Login address.
    pub email: String,
    /// Display name; may be empty.
    pub name: String,
    /// Names or keys of roles, separated by semicolons.
    pub roles: String,
    /// What is wrong with the row itself.
    pub problem: Option<String>,
}

impl ImportRow {
    /// The address, or why it is none.
    pub fn address(&self) -> TypedAddress {
        TypedAddress::read(&self.email)
    }

    /// The name, where there is a right one.
    pub fn display_name(&self) -> Option<DisplayName> {
        DisplayName::parse(&self.name).ok()
    }

    /// The roles, one by one.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.roles.split(';').map(str::trim).filter(|role| !role.is_empty())
    }
}

/// Reads a file.
///
/// # Errors
/// [`FileProblem`] when nothing of it can be used.
pub fn read_file(bytes: &[u8]) -> Result<Vec<ImportRow>, FileProblem> {
    if bytes.len() > LARGEST_FILE {
        return Err(FileProblem::TooLarge);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // UTF-16 of Latin letters is valid UTF-8 with a NUL beside each.
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0')).ok_or(FileProblem::NotText)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records = reader.records();
    let header = match records.next() {
        Some(header) => header.map_err(|_| FileProblem::Columns)?,
        None => return Err(FileProblem::Columns),
    };
    let columns = places(&header).ok_or(FileProblem::Columns)?;
    let mut lines = Lines { rest: text.as_bytes(), at: 0, line: 1 };
    let mut rows = Vec::new();
    let mut seen = HashMap::new();
    for record in records {
        let record = record.map_err(|_| FileProblem::NotText)?;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if rows.len() == MOST_ROWS {
            return Err(FileProblem::TooMany);
        }
        let line = lines.of(record.position().map_or(0, csv::Position::byte));
        let mut row = read_row(&record, columns, line);
        if row.problem.is_none()
            && let Some(email) = row.address().email()
            && let Some(before) = seen.insert(email.key().to_owned(), row.line)
        {
            seen.insert(email.key().to_owned(), before);
            row.problem = Some(format!("The same address as on line {before}."));
        }
        rows.push(row);
    }
    if rows.is_empty() { Err(FileProblem::Empty) } else { Ok(rows) }
}

/// Where the three columns stand, in whatever order.
fn places(header: &csv::StringRecord) -> Option<[usize; 3]> {
    let names: Vec<String> = header.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
    let place = |column| names.iter().position(|name| name == column);
    let [email, name, roles] = COLUMNS;
    let places = [place(email)?, place(name)?, place(roles)?];
    (names.len() == COLUMNS.len()).then_some(places)
}

/// Tells on which line of the file a row begins, as an editor counts them. The reader itself neither counts lines that
/// end with a mere carriage return nor leaves out the empty ones before a row.
struct Lines<'a> {
    rest: &'a [u8],
    at: u64,
    line: u64,
}

impl Lines<'_> {
    /// The line of the row whose bytes begin here or, after empty lines, a little later; rows are asked for in order.
    fn of(&mut self, byte: u64) -> u64 {
        while let [first, rest @ ..] = self.rest {
            let is_end = matches!(first, b'\n' | b'\r');
            if self.at >= byte && !is_end {
                break;
            }
            let is_first_of_two = *first == b'\r' && rest.first() == Some(&b'\n');
            self.line += u64::from(is_end && !is_first_of_two);
            self.at += 1;
            self.rest = rest;
        }
        self.line
    }
}

fn read_row(record: &csv::StringRecord, columns: [usize; 3], line: u64) -> ImportRow {
    let is_long = record.iter().any(|cell| cell.chars().count() > LONGEST_CELL);
    let [email, name, roles] = columns.map(|column| {
        let cell = plain(record.get(column).unwrap_or_default().trim());
        if is_long { cell.chars().take(100).collect() } else { cell.to_owned() }
    });
    let mut row = ImportRow { line, email, name, roles, problem: None };
    row.problem = if is_long {
        Some("A cell has more than 1,000 characters.".to_owned())
    } else if record.len() != COLUMNS.len() {
        Some(format!("3 columns are needed, this row has {}.", record.len()))
    } else if row.name.is_empty() || row.address().email().is_none() {
        None
    } else {
        DisplayName::parse(&row.name).err().map(|error| format!("Name: {error}"))
    };
    row
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<ImportRow> {
        read_file(text.as_bytes()).unwrap()
    }

    fn row(line: u64, email: &str, name: &str, roles: &str) -> ImportRow {
        ImportRow { line, email: email.into(), name: name.into(), roles: roles.into(), problem: None }
    }

    #[test]
    fn what_spreadsheets_write_is_read() {
        let wanted = [
            row(2, "ana@x.example", "Lima, Ana", "Callback Manager; analyst"),
            row(4, "bo@x.example", "Bo \"B\" Berg", ""),
        ];
        let text = "email,name,roles\nana@x.example,\"Lima, Ana\",Callback Manager; analyst\n\n bo@x.example , \
            \"Bo \"\"B\"\" Berg\",\n,,\n";
        let text = text.replace(" \"Bo", "\"Bo");
        assert_eq!(read(&text), wanted);
        assert_eq!(read(&format!("\u{feff}{text}")), wanted);
        assert_eq!(read(&text.replace('\n', "\r\n")), wanted);
        assert_eq!(read(&text.replace('\n', "\r")), wanted);
        assert_eq!(read(text.trim_end()), wanted);
        let roles: Vec<_> = wanted[0].roles().collect();
        assert_eq!(roles, ["Callback Manager", "analyst"]);
    }

    #[test]
    fn columns_stand_in_any_order_and_case() {
        assert_eq!(read("Roles, EMAIL,Name\nuser,ana@x.example,Ana"), [row(2, "ana@x.example", "Ana", "user")]);
    }

    #[test]
    fn a_file_that_cannot_be_used_says_why() {
        let rows = |number: usize| {
            (0..number).fold("email,name,roles\n".to_owned(), |text, number| text + &format!("p{number}@x.example,,\n"))
        };
        for (bytes, problem) in [
            (b"".to_vec(), FileProblem::Columns),
            (b"\xef\xbb\xbf".to_vec(), FileProblem::Columns),
            (b"ana@x.example,Ana,\n".to_vec(), FileProblem::Columns),
            (b"email,name\nana@x.example,Ana\n".to_vec(), FileProblem::Columns),
            (b"email,name,role\nana@x.example,Ana,\n".to_vec(), FileProblem::Columns),
            (b"email,name,roles,team\na@x.example,A,,1\n".to_vec(), FileProblem::Columns),
            (b"email;name;roles\nana@x.example;Ana;\n".to_vec(), FileProblem::Columns),
            (b"email,name,roles\n\n,,\n".to_vec(), FileProblem::Empty),
            (b"email,name,roles\nana@x.example,J\xf6rg,\n".to_vec(), FileProblem::NotText),
            (b"\xff\xfee\0m\0a\0i\0l\0".to_vec(), FileProblem::NotText),
            ("email,name,roles\n".encode_utf16().flat_map(u16::to_le_bytes).collect(), FileProblem::NotText),
            (rows(MOST_ROWS + 1).into_bytes(), FileProblem::TooMany),
            (vec![b'a'; LARGEST_FILE + 1], FileProblem::TooLarge),
        ] {
            assert_eq!(read_file(&bytes), Err(problem), "{:?}", bytes.get(..40.min(bytes.len())));
        }
        assert_eq!(read(&rows(MOST_ROWS)).len(), MOST_ROWS);
    }

    #[test]
    fn a_row_tells_what_is_wrong_with_it() {
        let long = "x".repeat(1001);
        let name = "n".repeat(101);
        let text = format!(
            "email,name,roles\nana@x.example,Ana\nana@x.example,Ana,,\nana@x.example,,\nbo@x.example,,\nANA@x.example,A,\n\
             cy@x.example,{long},\ndee@x.example,{name},\nno address,{name},\n"
        );
        let problems: Vec<_> = read(&text).into_iter().map(|row| row.problem.unwrap_or_default()).collect();
        assert_eq!(
            problems,
            [
                "3 columns are needed, this row has 2.",
                "3 columns are needed, this row has 4.",
                "",
                "",
                "The same address as on line 4.",
                "A cell has more than 1,000 characters.",
                "Name: Use at most 100 characters.",
                "",
            ]
        );
    }

    #[test]
    fn a_cell_that_an_export_made_inert_is_as_it_was() {
        assert_eq!(read("email,name,roles\na@x.example,'=Ana,\n"), [row(2, "a@x.example", "=Ana", "")]);
    }

    #[test]
    fn an_open_quote_swallows_no_more_than_its_own_file() {
        let rows = read("email,name,roles\na@x.example,\"Ana,user\nb@x.example,Bo,\n");
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].problem.as_deref(), Some("3 columns are needed, this row has 2."));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            drop(read_file(&bytes));
        }

        #[test]
        fn any_text_after_the_columns_is_read_or_refused(text in "([a-c@.,;\"'=\\n\\r]|\\PC){0,200}") {
            if let Ok(rows) = read_file(format!("email,name,roles\n{text}").as_bytes()) {
                prop_assert!(rows.windows(2).all(|two| two[0].line < two[1].line));
            }
        }

        #[test]
        fn what_is_written_as_csv_is_read_again(
            names in proptest::collection::vec("[a-zA-Z ,\"'\\n;=+-]{0,20}", 1..20),
        ) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(COLUMNS).unwrap();
            for (number, name) in names.iter().enumerate() {
                let email = format!("p{number}@x.example");
                writer.write_record([email.as_str(), &crate::domain::cells::inert(name), "user"]).unwrap();
            }
            let rows = read_file(&writer.into_inner().unwrap()).unwrap();
            let read: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
            // White space around a name is nobody's name.
            let wanted: Vec<_> = names.iter().map(|name| name.trim()).collect();
            for (read, wanted) in read.iter().zip(&wanted) {
                prop_assert!(read == wanted || wanted.starts_with('\''), "{read:?} {wanted:?}");
            }
            prop_assert_eq!(read.len(), wanted.len());
        }
    }
}
