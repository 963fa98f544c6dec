-- What this file knows of the folder around it; one row.
CREATE TABLE surroundings (
    journal INTEGER NOT NULL,               -- octets of the journal whose lines are known here
    home    TEXT                            -- the place where it belongs; NULL: it had lost rows
) STRICT;

-- Away from home: the place at which the mailbox of an account was read, before anything left.
CREATE TABLE asked (
    account TEXT PRIMARY KEY,
    place   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Messages that left, and of which this file had lost that they did.
ALTER TABLE message ADD COLUMN recovered INTEGER NOT NULL DEFAULT 0;
CREATE INDEX message_recovered ON message (account, subject) WHERE recovered;

-- Of an acceptance: the addresses that it lists, sorted, in small letters, a line each.
ALTER TABLE examination ADD COLUMN recipients TEXT;
CREATE INDEX examination_elsewhere ON examination (account, subject)
    WHERE message IS NULL AND verdict = 'genuine' AND kind = 'accettazione';

-- A message that was given up because another took its place has failed nobody.
UPDATE message SET failed = 0 WHERE failed AND NOT EXISTS (
    SELECT 1 FROM recipient WHERE recipient.message = message.id AND standing IN
        ('refused', 'not-accepted', 'timed-out', 'not-delivered', 'contradictory'));
