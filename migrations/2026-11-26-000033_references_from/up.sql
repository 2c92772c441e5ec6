-- What a record refers to is looked up by the record alone: an index without the rest is a quarter of a key over all columns, which was
-- the largest of the ledger, and what wrote it has each reference once.
ALTER TABLE record_references DROP CONSTRAINT record_references_pkey;
CREATE INDEX record_references_from ON record_references (from_kind, from_id, revision_to);
