-- Times are seconds since 1970-01-01T00:00:00Z; octets are named by their SHA-256.

-- A message of ours, frozen.
CREATE TABLE message (
    id           INTEGER PRIMARY KEY,
    short        TEXT    NOT NULL UNIQUE,   -- first digits of SHA-256 of the Message-ID
    account      TEXT    NOT NULL,
    message_id   TEXT    NOT NULL UNIQUE,   -- with its angle brackets
    sender       TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    receipt_form TEXT    NOT NULL,
    octets       TEXT    NOT NULL,
    size         INTEGER NOT NULL,
    frozen_at    INTEGER NOT NULL,
    -- Derived from the facts, in the transaction that adds one:
    pending      INTEGER NOT NULL DEFAULT 1,
    failed       INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX message_by_time ON message (frozen_at DESC, id DESC);
CREATE INDEX message_pending ON message (frozen_at DESC, id DESC) WHERE pending;
CREATE INDEX message_failed ON message (frozen_at DESC, id DESC) WHERE failed;

CREATE TABLE recipient (
    message  INTEGER NOT NULL REFERENCES message (id),
    place    INTEGER NOT NULL,              -- in the envelope, from 0
    address  TEXT    NOT NULL COLLATE NOCASE,
    field    TEXT    NOT NULL CHECK (field IN ('to', 'cc')),
    standing TEXT    NOT NULL DEFAULT 'recorded',   -- derived
    PRIMARY KEY (message, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX recipient_by_address ON recipient (address);

-- What is known; only ever added to.
CREATE TABLE fact (
    id          INTEGER PRIMARY KEY,
    message     INTEGER NOT NULL REFERENCES message (id),
    place       INTEGER,                    -- NULL: the whole message
    attempt     INTEGER,                    -- of our own submission
    what        TEXT    NOT NULL,
    at          INTEGER NOT NULL,           -- certified, or ours
    evidence    TEXT,                       -- octets of the receipt
    identifier  TEXT,
    code        TEXT,
    text        TEXT,
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX fact_once ON fact
    (message, ifnull(place, -1), ifnull(attempt, 0), what, ifnull(evidence, ''));
CREATE INDEX fact_by_identifier ON fact (identifier) WHERE identifier IS NOT NULL;
CREATE TRIGGER fact_stays BEFORE UPDATE ON fact
    BEGIN SELECT RAISE(ABORT, 'facts are only added'); END;
CREATE TRIGGER fact_remains BEFORE DELETE ON fact
    BEGIN SELECT RAISE(ABORT, 'facts are only added'); END;

-- How far each folder has been read.
CREATE TABLE cursor (
    account      TEXT    NOT NULL,
    folder       TEXT    NOT NULL,
    uid_validity INTEGER NOT NULL,
    last_uid     INTEGER NOT NULL,
    PRIMARY KEY (account, folder)
) STRICT, WITHOUT ROWID;

-- Each certified message found in a mailbox, where it was found.
CREATE TABLE received (
    id            INTEGER PRIMARY KEY,
    account       TEXT    NOT NULL,
    folder        TEXT    NOT NULL,
    uid_validity  INTEGER NOT NULL,
    uid           INTEGER NOT NULL,
    internal_date INTEGER,
    octets        TEXT    NOT NULL,
    received_at   INTEGER NOT NULL,
    UNIQUE (account, folder, uid_validity, uid)
) STRICT;
CREATE INDEX received_by_octets ON received (octets);

-- What was found out about it, once per octets and account.
CREATE TABLE examination (
    account      TEXT    NOT NULL,
    octets       TEXT    NOT NULL,
    verdict      TEXT    NOT NULL,
    kind         TEXT,                      -- of a genuine one
    headline     TEXT,                      -- id of the finding of highest rank
    certified_at INTEGER,
    message_id   TEXT,                      -- signed
    identifier   TEXT,                      -- signed
    sender       TEXT,                      -- signed
    delivered_to TEXT,                      -- signed
    subject      TEXT,                      -- signed
    message      INTEGER REFERENCES message (id),
    match_rule   TEXT,                      -- how the message was found, or why it was not
    trust_as_of  TEXT,
    examined_at  INTEGER NOT NULL,
    PRIMARY KEY (account, octets)
) STRICT, WITHOUT ROWID;
CREATE INDEX examination_by_message ON examination (message) WHERE message IS NOT NULL;
CREATE INDEX examination_orphan ON examination (identifier)
    WHERE message IS NULL AND verdict = 'genuine';
