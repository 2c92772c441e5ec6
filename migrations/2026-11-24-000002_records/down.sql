DROP FUNCTION commitment_status(text, bigint);
DROP TABLE sources, targets, observations, metrics, reports, commitments, programmes, organizations;
DROP PROCEDURE create_record_table(text);
DROP FUNCTION served(bigint, text, text);
