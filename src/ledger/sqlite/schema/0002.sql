-- Whether an attempt is open, derived from the facts like the columns beside it: found among
-- any number of messages that wait for receipts.
ALTER TABLE message ADD COLUMN sending INTEGER NOT NULL DEFAULT 0;
UPDATE message SET sending = 1 WHERE pending AND EXISTS (
    SELECT 1 FROM fact AS begun WHERE begun.message = message.id AND begun.what = 'begun'
        AND NOT EXISTS (SELECT 1 FROM fact AS ended WHERE ended.message = begun.message
            AND ended.attempt = begun.attempt AND ended.place IS NULL
            AND ended.what IN ('taken', 'refused', 'refused-for-now', 'not-sent', 'in-doubt')));
CREATE INDEX message_sending ON message (id) WHERE sending;

-- What left in the last hour, for the pace.
CREATE INDEX fact_handed ON fact (at) WHERE what = 'handed';

-- Many notices of one table.
CREATE TABLE job (
    id          INTEGER PRIMARY KEY,
    short       TEXT    NOT NULL UNIQUE,    -- first digits of the identity
    identity    TEXT    NOT NULL UNIQUE,    -- SHA-256 of all that makes its content
    path        TEXT    NOT NULL,           -- of the table when it was recorded
    recipe      TEXT    NOT NULL,           -- JSON: how rows become notices
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX job_by_path ON job (path, id);

-- A row of it, recorded before anything is sent.
CREATE TABLE job_row (
    id         INTEGER PRIMARY KEY,
    job        INTEGER NOT NULL REFERENCES job (id),
    number     INTEGER NOT NULL,            -- as a spreadsheet shows it
    account    TEXT    NOT NULL,
    reference  TEXT    NOT NULL,
    content    TEXT    NOT NULL,            -- digest of recipients, texts and files
    columns    TEXT    NOT NULL,            -- JSON: the row as it was
    recipients INTEGER NOT NULL,
    size       INTEGER NOT NULL,            -- octets of the message, as foreseen
    message    INTEGER REFERENCES message (id),
    served     INTEGER NOT NULL DEFAULT 0,  -- the message is that of another row
    note       TEXT,                        -- why it is held
    UNIQUE (job, number)
) STRICT;
CREATE INDEX job_row_by_reference ON job_row (account, reference) WHERE message IS NOT NULL;
CREATE INDEX job_row_by_message ON job_row (message) WHERE message IS NOT NULL;
