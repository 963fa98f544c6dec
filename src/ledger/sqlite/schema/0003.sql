-- An account is its address, written in small letters (A to Z). Its name is how its owner calls
-- it, and may change.
CREATE TABLE account (
    address TEXT PRIMARY KEY,
    name    TEXT NOT NULL                   -- under which it was used last
) STRICT, WITHOUT ROWID;

-- Until now an account was its name. What a name meant, the messages sent under it say; a name
-- that no message has stays, until an account of that name is used (`account.rs`). A name has
-- no '@', an address has one.
CREATE TABLE meant AS
    SELECT account AS name, lower(sender) AS address, max(id) AS newest,
        count(DISTINCT lower(sender)) = 1 AS sure
    FROM message GROUP BY account;
INSERT OR REPLACE INTO account SELECT address, name FROM meant ORDER BY newest;
UPDATE message SET account = lower(sender);
UPDATE job_row SET account = coalesce(
    (SELECT message.account FROM message WHERE message.id = job_row.message),
    (SELECT address FROM meant WHERE name = job_row.account AND sure), account);

-- One name for two mailboxes, one after the other, or two names for one: what was read of which
-- is sure only where all agree. The rest is read again, which changes nothing.
CREATE TABLE read AS
    SELECT coalesce(address, account) AS account, folder, min(uid_validity) AS uid_validity,
        min(last_uid) AS last_uid,
        count(DISTINCT uid_validity) = 1 AND min(coalesce(sure, 1)) AS sure
    FROM cursor LEFT JOIN meant ON name = account GROUP BY 1, 2;
DELETE FROM cursor;
INSERT INTO cursor SELECT account, folder, uid_validity, last_uid FROM read WHERE sure;
DROP TABLE read;

-- Of two mailboxes under one name: that of the message which a receipt is about, else the newer.
UPDATE OR IGNORE received SET account = coalesce(
    (SELECT address FROM meant WHERE name = received.account AND sure),
    (SELECT message.account FROM examination JOIN message ON message.id = examination.message
        WHERE examination.account = received.account AND examination.octets = received.octets),
    (SELECT address FROM meant WHERE name = received.account), account);
DELETE FROM received WHERE account IN (SELECT name FROM meant);
-- Of two judgements on the same octets the one that says more.
UPDATE OR IGNORE examination SET account = coalesce(
    (SELECT address FROM meant WHERE name = examination.account AND sure),
    (SELECT message.account FROM message WHERE message.id = examination.message), account)
    WHERE message IS NOT NULL;
UPDATE OR IGNORE examination SET account = coalesce(
    (SELECT address FROM meant WHERE name = examination.account), account)
    WHERE verdict = 'genuine';
UPDATE OR IGNORE examination SET account = coalesce(
    (SELECT address FROM meant WHERE name = examination.account), account);
DELETE FROM examination WHERE account IN (SELECT name FROM meant);
DROP TABLE meant;
