-- What somebody wrote and did not send. A number is never given twice: what somebody typed a week
-- ago must not name another letter today.
CREATE TABLE draft (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    version      INTEGER NOT NULL,          -- raised by every change
    account      TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    receipt_form TEXT    NOT NULL,
    reply_to     TEXT,
    changed_at   INTEGER NOT NULL
) STRICT;

-- Its recipients, and the files that are attached when it goes.
CREATE TABLE draft_entry (
    draft INTEGER NOT NULL REFERENCES draft (id) ON DELETE CASCADE,
    kind  TEXT    NOT NULL CHECK (kind IN ('to', 'cc', 'file')),
    place INTEGER NOT NULL,
    value TEXT    NOT NULL,
    PRIMARY KEY (draft, kind, place)
) STRICT, WITHOUT ROWID;
