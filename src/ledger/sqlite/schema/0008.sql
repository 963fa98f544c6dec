-- When the mailbox of an account was last read, all folders that are always read, by our clock.
CREATE TABLE look (
    account TEXT PRIMARY KEY,
    at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- When this file was put back from a backup.
ALTER TABLE surroundings ADD COLUMN restored INTEGER;
