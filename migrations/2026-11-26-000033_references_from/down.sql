DROP INDEX record_references_from;
ALTER TABLE record_references ADD PRIMARY KEY (from_kind, from_id, revision_from, member, to_kind, to_id);
