//! Drafts, of SQLite.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::account::LABEL;
use super::{Sqlite, timestamp};
use crate::address::MailAddress;
use crate::ledger::Error;
use crate::ledger::draft::{Answered, Attached, DraftRef, DraftRow, Drafts, Letter, Made};
use crate::pec::DeliveryForm;
use crate::timestamp::Timestamp;

impl Drafts for Sqlite {
    fn keep_draft(
        &mut self,
        account: &MailAddress,
        letter: &Letter,
        now: Timestamp,
    ) -> Result<(DraftRef, Made), Error> {
        let transaction = self.immediate()?;
        let same = |row: &DraftRow| row.sender == *account && row.letter == *letter;
        if let Some(row) = drafts(&transaction)?.into_iter().find(same) {
            return Ok((row.draft, Made::Before));
        }
        let answered = letter.answered.as_ref();
        transaction
            .prepare_cached(
                "INSERT INTO draft (version, account, subject, body, receipt_form, reply_to,
                     changed_at, in_reply_to, referring, reference)
                 VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                account.key(),
                letter.subject,
                letter.body,
                letter.form.word(),
                letter.reply_to,
                now.unix(),
                answered.map(|it| &it.message_id),
                answered.map(|it| &it.references),
                letter.reference,
            ])?;
        let draft = DraftRef {
            id: transaction.last_insert_rowid(),
            version: 1,
        };
        enter(&transaction, draft.id, letter)?;
        transaction.commit()?;
        Ok((draft, Made::Now))
    }

    fn change_draft(
        &mut self,
        draft: &DraftRef,
        letter: &Letter,
        now: Timestamp,
    ) -> Result<DraftRef, Error> {
        let transaction = self.immediate()?;
        let changed = transaction
            .prepare_cached(
                "UPDATE draft SET version = version + 1, subject = ?3, body = ?4,
                     receipt_form = ?5, reply_to = ?6, changed_at = ?7, reference = ?8
                 WHERE id = ?1 AND version = ?2",
            )?
            .execute(params![
                draft.id,
                draft.version,
                letter.subject,
                letter.body,
                letter.form.word(),
                letter.reply_to,
                now.unix(),
                letter.reference,
            ])?;
        if changed == 0 {
            return Err(gone(draft));
        }
        transaction
            .prepare_cached("DELETE FROM draft_entry WHERE draft = ?1")?
            .execute([draft.id])?;
        enter(&transaction, draft.id, letter)?;
        transaction.commit()?;
        Ok(DraftRef {
            version: draft.version + 1,
            ..*draft
        })
    }

    fn drop_draft(&mut self, draft: &DraftRef) -> Result<(), Error> {
        let transaction = self.immediate()?;
        take(&transaction, draft)?;
        Ok(transaction.commit()?)
    }

    fn drafts(&self) -> Result<Vec<DraftRow>, Error> {
        drafts(&self.connection)
    }
}

/// What the sender calls a draft.
pub(super) fn reference(
    transaction: &Transaction<'_>,
    draft: &DraftRef,
) -> Result<Option<String>, Error> {
    let reference = transaction
        .prepare_cached("SELECT reference FROM draft WHERE id = ?1")?
        .query_row([draft.id], |row| row.get(0));
    Ok(reference.optional()?.flatten())
}

/// Takes away a draft that is as it was read.
pub(super) fn take(transaction: &Transaction<'_>, draft: &DraftRef) -> Result<(), Error> {
    let taken = transaction
        .prepare_cached("DELETE FROM draft WHERE id = ?1 AND version = ?2")?
        .execute([draft.id, draft.version])?;
    match taken {
        0 => Err(gone(draft)),
        _ => Ok(()),
    }
}

fn gone(draft: &DraftRef) -> Error {
    Error::NoDraft { number: draft.id }
}

/// Writes recipients and files.
fn enter(transaction: &Transaction<'_>, draft: i64, letter: &Letter) -> Result<(), Error> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO draft_entry (draft, kind, place, value) VALUES (?1, ?2, ?3, ?4)",
    )?;
    let texts = |values: &[String]| values.to_vec();
    let files = letter.files.iter().map(|file| file.to_text().into_owned());
    for (kind, values) in [
        ("to", texts(&letter.to)),
        ("cc", texts(&letter.cc)),
        ("file", files.collect()),
    ] {
        for (place, value) in values.iter().enumerate() {
            insert.execute(params![draft, kind, place as i64, value])?;
        }
    }
    Ok(())
}

fn drafts(connection: &Connection) -> Result<Vec<DraftRow>, Error> {
    let query = format!("SELECT *, {LABEL} AS label FROM draft ORDER BY changed_at DESC, id DESC");
    let mut statement = connection.prepare_cached(&query)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get("id")?;
        let form: String = row.get("receipt_form")?;
        let form = DeliveryForm::from_word(&form).ok_or(Error::Corrupt(form))?;
        let files = entries(connection, id, "file")?;
        found.push(DraftRow {
            draft: DraftRef {
                id,
                version: row.get("version")?,
            },
            account: row.get("label")?,
            sender: row.get("account").map(MailAddress::of)?,
            letter: Letter {
                to: entries(connection, id, "to")?,
                cc: entries(connection, id, "cc")?,
                reply_to: row.get("reply_to")?,
                subject: row.get("subject")?,
                body: row.get("body")?,
                files: files.into_iter().map(Attached::read).collect(),
                form,
                reference: row.get("reference")?,
                answered: answered(row)?,
            },
            changed_at: timestamp(row, "changed_at")?,
        });
    }
    Ok(found)
}

fn answered(row: &Row<'_>) -> Result<Option<Answered>, Error> {
    let message_id: Option<String> = row.get("in_reply_to")?;
    let references: Option<String> = row.get("referring")?;
    Ok(message_id.map(|message_id| Answered {
        message_id,
        references: references.unwrap_or_default(),
    }))
}

fn entries(connection: &Connection, draft: i64, kind: &str) -> Result<Vec<String>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT value FROM draft_entry WHERE draft = ?1 AND kind = ?2 ORDER BY place",
    )?;
    let found = statement.query_map(params![draft, kind], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}
