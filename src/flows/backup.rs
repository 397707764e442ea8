//! Backups: a file of lines of JSON with every row of the database, made while others write, and restored into an empty
//! database of either kind. What is secret in it stays encrypted with the key file, which is not in it. The last line
//! proves with a key of the installation that nothing before it was cut off or changed.

use std::{
    fs::{self, File, OpenOptions},
    io::{BufRead, BufReader, BufWriter, ErrorKind, Lines, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use serde::{Deserialize, Serialize, de::IgnoredAny};
use sha2::{Digest, Sha256};

use crate::{
    app::App,
    domain::audit::{AuditActor, Author},
    error::AppError,
    keys::{DataKeys, Purpose},
    policy::{Action, MakeBackup, Permit, RestoreBackup, SettleHeldMail},
    store::{Settled, StoreError, TABLES, Tx},
};

/// The form of the file.
const FORMAT: u32 = 1;
/// Rows added by one statement.
const AT_ONCE: usize = 500;

/// Why there is no backup, or no restored database.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is such a file.
    #[error("{0} exists already; a backup overwrites nothing")]
    Exists(String),
    /// The system refuses.
    #[error("cannot {0} {1}: {2}")]
    File(&'static str, String, std::io::Error),
    /// There is something in the database.
    #[error("the database is not empty; a backup is restored into an empty one")]
    NotEmpty,
    /// The file is none, or is not whole.
    #[error("{0}")]
    Damaged(&'static str),
    /// Made by another version of the program.
    #[error("the backup has schema {0} and this program {1}; restore it with the version that made it, then upgrade")]
    OtherSchema(i64, i64),
    /// The key file of the backup is another.
    #[error("the key file does not fit this backup: restore the key file that was in use when it was made")]
    OtherKey,
    /// A rule or the program failed on the way.
    #[error("{0}")]
    App(#[from] AppError),
}

impl From<StoreError> for BackupError {
    fn from(error: StoreError) -> Self {
        Self::App(error.into())
    }
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    rollcall_backup: u32,
    schema: i64,
    made: String,
}

/// The line before the rows of a table.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableHead {
    table: String,
    columns: Vec<String>,
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Foot {
    rows: u64,
    proof: String,
}

/// Copies the database into a new file; gives the number of rows.
///
/// # Errors
/// [`BackupError`]; no file is left then.
pub async fn back_up(app: &App, path: &Path) -> Result<u64, BackupError> {
    let name = path.display().to_string();
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|error| {
        if error.kind() == ErrorKind::AlreadyExists {
            BackupError::Exists(name.clone())
        } else {
            BackupError::File("write", name.clone(), error)
        }
    })?;
    let done = write(app, Writer { out: BufWriter::new(file), name: &name, digest: Sha256::new(), rows: 0 }).await;
    if done.is_err() {
        drop(fs::remove_file(path));
    }
    done
}

async fn write(app: &App, mut file: Writer<'_>) -> Result<u64, BackupError> {
    let occasion = app.occasion();
    let mut tx = app.db.snapshot().await?;
    let schema = tx.schema_version().await?;
    file.object(&Head { rollcall_backup: FORMAT, schema, made: occasion.now.rfc3339() })?;
    for table in TABLES {
        let columns = tx.column_names(table).await?;
        file.object(&TableHead { table: table.to_owned(), columns })?;
        tx.copy_rows(table, |row| file.row(row)).await?;
    }
    drop(tx);
    let (name, rows) = (file.name, file.rows);
    file.finish(&app.db.keys())?;
    let mut tx = app.db.begin_write().await?;
    tx.note_backup(permit(MakeBackup), (name, rows), &occasion).await?;
    tx.commit().await?;
    Ok(rows)
}

fn permit<A: Action<Target = ()>>(action: A) -> Permit<A> {
    Permit::without_actor(Author { actor: AuditActor::System, scope: None }, action, ())
}

/// A backup being written.
struct Writer<'a> {
    out: BufWriter<File>,
    name: &'a str,
    digest: Sha256,
    rows: u64,
}

impl Writer<'_> {
    fn object(&mut self, line: &impl Serialize) -> Result<(), BackupError> {
        let text = serde_json::to_string(line).map_err(AppError::fault)?;
        self.line(&text)
    }

    fn row(&mut self, row: &str) -> Result<(), BackupError> {
        self.rows += 1;
        self.line(row)
    }

    fn line(&mut self, text: &str) -> Result<(), BackupError> {
        digest_line(&mut self.digest, text);
        writeln!(self.out, "{text}").map_err(|error| self.failed(error))
    }

    fn finish(mut self, keys: &DataKeys) -> Result<(), BackupError> {
        let foot = Foot { rows: self.rows, proof: proof(keys, self.digest.clone()) };
        self.object(&foot)?;
        let flushed = self.out.flush().and_then(|()| self.out.get_ref().sync_all());
        flushed.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: std::io::Error) -> BackupError {
        BackupError::File("write", self.name.to_owned(), error)
    }
}

fn digest_line(digest: &mut Sha256, line: &str) {
    digest.update(line.as_bytes());
    digest.update(b"\n");
}

/// What only somebody with the keys of the installation can write under these lines.
fn proof(keys: &DataKeys, digest: Sha256) -> String {
    let hash = keys.keyed_hash(Purpose::Backup, &digest.finalize());
    hash.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// What a restore brought.
#[derive(Debug)]
pub struct Restored {
    /// Rows.
    pub rows: u64,
    /// When the backup was made.
    pub made: String,
    /// What was ended or held.
    pub settled: Settled,
}

/// Fills an empty database from a backup, all or nothing.
///
/// # Errors
/// [`BackupError`]; the database stays empty then.
pub async fn restore(app: &App, path: &Path) -> Result<Restored, BackupError> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| BackupError::File("read", name.clone(), error))?;
    let mut file = Reader { lines: BufReader::new(file).lines(), name, digest: Sha256::new(), rows: 0 };
    let head = file.head()?;
    let mut tx = app.db.begin_write().await?;
    tx.take_your_time().await?;
    let schema = tx.schema_version().await?;
    if head.schema != schema {
        return Err(BackupError::OtherSchema(head.schema, schema));
    }
    if !tx.is_empty().await? {
        return Err(BackupError::NotEmpty);
    }
    tx.make_room().await?;
    let (foot, digest) = file.paste_tables(&mut tx).await?;
    if foot.rows != file.rows || foot.proof != proof(tx.keys(), digest) {
        return Err(BackupError::Damaged(CHANGED));
    }
    let facts = (head.made.as_str(), file.rows);
    let settled = tx.settle_restored(permit(RestoreBackup), facts, &app.occasion()).await?;
    tx.commit().await?;
    Ok(Restored { rows: file.rows, made: head.made, settled })
}

/// A backup being read.
struct Reader {
    lines: Lines<BufReader<File>>,
    name: String,
    digest: Sha256,
    rows: u64,
}

const CUT: &str = "the backup is not whole: its end is missing";
const CHANGED: &str = "the backup was changed after it was made";
const NONE: &str = "the file is no backup of Rollcall";

impl Reader {
    fn line(&mut self) -> Result<Option<String>, BackupError> {
        match self.lines.next().transpose() {
            Err(error) if error.kind() == ErrorKind::InvalidData => Err(BackupError::Damaged(NONE)),
            Err(error) => Err(BackupError::File("read", self.name.clone(), error)),
            Ok(line) => Ok(line),
        }
    }

    fn head(&mut self) -> Result<Head, BackupError> {
        let line = self.line()?.unwrap_or_default();
        let head: Head = serde_json::from_str(&line).map_err(|_| BackupError::Damaged(NONE))?;
        if head.rollcall_backup != FORMAT {
            return Err(BackupError::Damaged("the backup has a form this program does not read"));
        }
        digest_line(&mut self.digest, &line);
        Ok(head)
    }

    /// Adds the rows of every table. Gives the last line, and the digest of those before it.
    async fn paste_tables(&mut self, tx: &mut Tx) -> Result<(Foot, Sha256), BackupError> {
        let mut expected = TABLES.into_iter();
        let mut batch = Batch::default();
        loop {
            let line = self.line()?.ok_or(BackupError::Damaged(CUT))?;
            if line.starts_with('[') {
                digest_line(&mut self.digest, &line);
                self.rows += 1;
                let cells: Vec<IgnoredAny> = serde_json::from_str(&line).map_err(|_| BackupError::Damaged(CUT))?;
                if cells.len() != batch.width {
                    return Err(BackupError::Damaged(CHANGED));
                }
                batch.add(tx, &line).await?;
                continue;
            }
            batch.flush(tx).await?;
            if batch.table == TABLES.first().copied() {
                tx.adopt_restored_keys().await?.map_err(|_| BackupError::OtherKey)?;
            }
            let Ok(head) = serde_json::from_str::<TableHead>(&line) else {
                // A last line that is cut in its middle is no last line.
                let foot = serde_json::from_str(&line).map_err(|_| BackupError::Damaged(CUT))?;
                if expected.next().is_some() || self.line()?.is_some() {
                    return Err(BackupError::Damaged(CHANGED));
                }
                return Ok((foot, self.digest.clone()));
            };
            digest_line(&mut self.digest, &line);
            let table = expected.next().filter(|table| *table == head.table);
            let table = table.ok_or(BackupError::Damaged(CHANGED))?;
            if tx.column_names(table).await? != head.columns {
                return Err(BackupError::Damaged("the backup has other columns than this program"));
            }
            batch.table = Some(table);
            batch.width = head.columns.len();
        }
    }
}

/// Rows of one table on their way into it.
#[derive(Default)]
struct Batch {
    table: Option<&'static str>,
    /// How many columns it has.
    width: usize,
    rows: Vec<String>,
}

impl Batch {
    async fn add(&mut self, tx: &mut Tx, row: &str) -> Result<(), BackupError> {
        self.rows.push(row.to_owned());
        if self.rows.len() < AT_ONCE { Ok(()) } else { self.flush(tx).await }
    }

    async fn flush(&mut self, tx: &mut Tx) -> Result<(), BackupError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let table = self.table.ok_or(BackupError::Damaged(NONE))?;
        let rows = format!("[{}]", self.rows.join(","));
        self.rows.clear();
        Ok(tx.paste_rows(table, &rows).await?)
    }
}

/// Sends the mails that wait since a restore, or forgets them; says how many.
///
/// # Errors
/// When the database does not answer.
pub async fn settle_held_mail(app: &App, release: bool) -> Result<u64, AppError> {
    let mut tx = app.db.begin_write().await?;
    let settled = tx.settle_held_mail(permit(SettleHeldMail { release }), &app.occasion()).await?;
    tx.commit().await?;
    Ok(settled)
}
