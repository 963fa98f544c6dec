-- The number of the last change of a folder as its server told it; 0: one that stands still while
-- messages come. Where the server tells the same again, nothing is asked.
ALTER TABLE reading ADD COLUMN mod_seq INTEGER;

-- Receipts that belong to no message and should: every status tells how many there are.
CREATE INDEX examination_unmatched ON examination (account)
    WHERE message IS NULL AND forgotten_at IS NULL
        AND match_rule IN ('orphan', 'other-sender', 'other-content');
