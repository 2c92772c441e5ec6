-- A ledger restored from a backup may lack revisions that others have. Until they are back, or are known to be lost,
-- nothing is published: it would begin another history.
ALTER TABLE mirror ADD COLUMN restored boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN mirror.restored IS 'Whether it is no copy but was restored from a backup, and what came after that is not back yet.';
