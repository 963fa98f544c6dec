-- What is read: received mail, and messages of ours, by what they say. All of it is derived from the
-- octets and from how they were judged, but for `opened_at`.
CREATE TABLE letter (
    id          INTEGER PRIMARY KEY,
    short       TEXT    NOT NULL UNIQUE,    -- first digits of the SHA-256 of account and octets; of ours, its own
    account     TEXT    NOT NULL,
    octets      TEXT    NOT NULL,
    message     INTEGER REFERENCES message (id),    -- ours; NULL: received
    standing    TEXT    NOT NULL,           -- certified, anomaly, not-genuine, cannot-tell, ordinary; sent
    at          INTEGER NOT NULL,           -- certified; else when the server had it, or when it was recorded
    sender      TEXT    NOT NULL,           -- as certified, else as it claims
    subject     TEXT    NOT NULL,           -- of the original
    message_id  TEXT,                       -- that its writer gave it, without brackets
    identifier  TEXT,                       -- that the provider gave it, under which a recipient knows it
    answers     TEXT,                       -- In-Reply-To of the original, without brackets
    size        INTEGER NOT NULL,           -- octets as received
    attachments INTEGER NOT NULL,           -- of the original
    opened_at   INTEGER                     -- by whoever reads it here: our own mark, never the server's
) STRICT;
CREATE UNIQUE INDEX letter_received ON letter (account, octets) WHERE message IS NULL;
CREATE UNIQUE INDEX letter_by_message ON letter (message) WHERE message IS NOT NULL;
CREATE INDEX letter_by_message_id ON letter (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX letter_by_identifier ON letter (identifier) WHERE identifier IS NOT NULL;
CREATE INDEX letter_by_answer ON letter (answers) WHERE answers IS NOT NULL;

-- The two lists of an inbox, newest first: certified mail, and what stands apart from it.
CREATE INDEX letter_certified ON letter (at DESC, id DESC) WHERE standing = 'certified';
CREATE INDEX letter_apart ON letter (at DESC, id DESC)
    WHERE message IS NULL AND standing <> 'certified';

-- Its words, found without their accents and in any case; the row of a letter has the same number.
-- sender: as `letter` has it; people: all others that it names, by name and address.
CREATE VIRTUAL TABLE letter_words USING fts5 (
    subject, sender, people, body, files,
    content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER letter_gone AFTER DELETE ON letter
    BEGIN DELETE FROM letter_words WHERE rowid = old.id; END;

-- Whether what there is was looked at for this: what was judged anew is looked at anew.
ALTER TABLE examination ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX examination_unindexed ON examination (account) WHERE NOT indexed;
ALTER TABLE message ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX message_unindexed ON message (id) WHERE NOT indexed;

-- Of a genuine one about which there are doubts: the id of the first.
ALTER TABLE examination ADD COLUMN doubt TEXT;

-- A draft that answers: the Message-IDs of what it answers and of what came before, as its header
-- will name them.
ALTER TABLE draft ADD COLUMN in_reply_to TEXT;
ALTER TABLE draft ADD COLUMN referring TEXT;
