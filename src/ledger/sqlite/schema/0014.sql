-- Messages of which the journal alone tells that they left, or may have: their rows were lost, and their
-- octets with them.
CREATE TABLE lost (
    message_id TEXT    PRIMARY KEY,         -- with its angle brackets
    at         INTEGER NOT NULL             -- when, by our clock
) STRICT, WITHOUT ROWID;
