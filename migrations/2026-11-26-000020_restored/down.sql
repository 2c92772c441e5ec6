ALTER TABLE mirror DROP COLUMN restored;
