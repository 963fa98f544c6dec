-- What was forgotten, and when: whom it was about and what it said is gone from these rows; digests,
-- times and states stay, so that it is not received, and nothing of it sent, a second time.
ALTER TABLE message ADD COLUMN forgotten_at INTEGER;
-- By which it is known that a message says the same to the same; of those that are forgotten.
ALTER TABLE message ADD COLUMN likeness TEXT;
CREATE INDEX message_by_likeness ON message (likeness) WHERE likeness IS NOT NULL;
ALTER TABLE examination ADD COLUMN forgotten_at INTEGER;
ALTER TABLE job ADD COLUMN forgotten_at INTEGER;
ALTER TABLE job_row ADD COLUMN forgotten_at INTEGER;

-- SHA-256 of octets that were forgotten, until no file has them any more, and the pages of this one
-- nothing of what they said.
CREATE TABLE going (
    octets  TEXT    PRIMARY KEY,
    entered INTEGER NOT NULL                -- whether this file had words of it
) STRICT, WITHOUT ROWID;

-- Facts are only added; of a message that is forgotten their words go.
DROP TRIGGER fact_stays;
CREATE TRIGGER fact_stays BEFORE UPDATE ON fact
    WHEN new.id <> old.id OR new.message <> old.message OR new.place IS NOT old.place
        OR new.attempt IS NOT old.attempt OR new.what <> old.what OR new.at <> old.at
        OR new.evidence IS NOT old.evidence OR new.identifier IS NOT old.identifier
        OR new.code IS NOT old.code OR new.recorded_at <> old.recorded_at
        OR NOT EXISTS (SELECT 1 FROM message
            WHERE message.id = old.message AND forgotten_at IS NOT NULL)
    BEGIN SELECT RAISE(ABORT, 'facts are only added'); END;

-- What the sender calls it: a protocol number, say. No recipient sees it.
ALTER TABLE message ADD COLUMN reference TEXT;
UPDATE message SET reference = (SELECT reference FROM job_row
    WHERE job_row.message = message.id AND NOT served AND reference <> content LIMIT 1);
CREATE INDEX message_by_reference ON message (reference) WHERE reference IS NOT NULL;
ALTER TABLE draft ADD COLUMN reference TEXT;
