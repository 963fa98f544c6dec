-- What the server lists and did not give, or what could not be judged: asked for again.
CREATE TABLE unread (
    account      TEXT    NOT NULL,
    folder       TEXT    NOT NULL,
    uid_validity INTEGER NOT NULL,
    uid          INTEGER NOT NULL,
    reason       TEXT    NOT NULL,
    words        TEXT    NOT NULL,          -- the server's, or other details
    process      TEXT,                      -- that judges it now, or died over it
    since        INTEGER NOT NULL,
    tried        INTEGER NOT NULL,          -- when it was last asked for
    tries        INTEGER NOT NULL,
    PRIMARY KEY (account, folder, uid_validity, uid)
) STRICT, WITHOUT ROWID;

-- How a folder was read, beside how far.
CREATE TABLE reading (
    account      TEXT    NOT NULL,
    folder       TEXT    NOT NULL,
    uid_validity INTEGER NOT NULL,
    up_to        INTEGER NOT NULL,          -- read to the end last, up to this UID
    held         INTEGER,                   -- messages that the server counted then
    recent       TEXT,                      -- UIDs that it listed just below, as 4,7:9
    passed       INTEGER,                   -- read before up to this UID, and read again
    step         INTEGER,                   -- UIDs to ask for at once, after the line broke
    suspect      INTEGER,                   -- the first UID that did not come then
    PRIMARY KEY (account, folder)
) STRICT, WITHOUT ROWID;
