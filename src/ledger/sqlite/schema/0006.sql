-- A notice is the address of its sender, its reference (or else its content) and its round: the
-- word of --again, which until now only the recipe of the job had.
ALTER TABLE job_row ADD COLUMN round TEXT NOT NULL DEFAULT '';
UPDATE job_row SET round = ifnull((SELECT json_extract(recipe, '$.again') FROM job
    WHERE job.id = job_row.job AND json_valid(recipe)), '');

-- Its recipients, sorted, in small letters, a line each.
ALTER TABLE job_row ADD COLUMN whom TEXT NOT NULL DEFAULT '';
UPDATE job_row SET whom = ifnull((SELECT group_concat(address, char(10)) FROM (
        SELECT DISTINCT lower(address) AS address FROM recipient
        WHERE recipient.message = job_row.message ORDER BY 1)), '')
    WHERE message IS NOT NULL AND NOT served;

-- Why a row cannot be sent at all.
ALTER TABLE job_row ADD COLUMN bad TEXT;

-- Until now a message served every row of its reference, whatever that said and to whom.
UPDATE job_row SET message = NULL, served = 0 WHERE served AND content <> ifnull(
    (SELECT own.content FROM job_row AS own
        WHERE own.message = job_row.message AND NOT own.served LIMIT 1), content);

DROP INDEX job_row_by_reference;
CREATE INDEX job_row_by_notice ON job_row (account, reference, round);
CREATE INDEX job_row_by_whom ON job_row (account, whom, round) WHERE message IS NOT NULL;

-- Acceptances of messages that this file does not know, by what they accept.
CREATE INDEX examination_by_id ON examination (account, message_id)
    WHERE message IS NULL AND verdict = 'genuine' AND kind = 'accettazione';

-- What is asked for each message, or at each reading of the mailbox, without walking through all
-- that ever came. Without statistics SQLite takes an account for a handful of rows: what begins
-- with something else is not mistaken for that, and where it must, the statement names its index.
CREATE INDEX message_by_subject ON message (subject, account);
CREATE INDEX examination_of_orphan ON examination (account, match_rule)
    WHERE message IS NULL AND verdict = 'genuine';
CREATE INDEX examination_unproved ON examination (account)
    WHERE verdict IN ('not-genuine', 'cannot-tell');
CREATE INDEX examination_remark ON examination (message_id)
    WHERE verdict = 'genuine' AND kind = 'anomalia';
