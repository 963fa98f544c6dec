-- What is sent once more to those recipients alone that a message did not reach is a message of its
-- own: all of one notice have the first of them here, itself included.
ALTER TABLE message ADD COLUMN part_of INTEGER REFERENCES message (id);
CREATE INDEX message_by_part ON message (part_of) WHERE part_of IS NOT NULL;

-- The later one in which the same recipient counts.
ALTER TABLE recipient ADD COLUMN again INTEGER REFERENCES message (id);
