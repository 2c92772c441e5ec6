DROP TABLE revision_keys, idempotency_keys, keys;
