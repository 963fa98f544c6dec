-- In which containers a message was found whole on a disk: not where these lie, they may be moved.
CREATE TABLE archived (
    message   INTEGER NOT NULL REFERENCES message (id),
    container TEXT    NOT NULL,             -- SHA-256 of the file
    name      TEXT    NOT NULL,             -- as it was called then
    at        INTEGER NOT NULL,             -- when it was found so last, by our clock
    PRIMARY KEY (message, container)
) STRICT, WITHOUT ROWID;
