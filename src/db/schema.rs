// @generated automatically by Diesel CLI.

diesel::table! {
    changes (revision, seq) {
        revision -> Int8,
        seq -> Int8,
        kind -> Text,
        id -> Text,
        op -> Text,
        change_kind -> Text,
        record_digest -> Bytea,
        salt -> Nullable<Bytea>,
        body -> Nullable<Text>,
        redacted_in -> Nullable<Int8>,
    }
}

diesel::table! {
    head (singleton) {
        singleton -> Bool,
        revision -> Int8,
        digest -> Bytea,
        published_at -> Nullable<Timestamptz>,
        last_redaction -> Int8,
    }
}

diesel::table! {
    kind_changes (kind, revision) {
        kind -> Text,
        revision -> Int8,
    }
}

diesel::table! {
    ledger (singleton) {
        singleton -> Bool,
        uuid -> Uuid,
        time_zone -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    revisions (revision) {
        revision -> Int8,
        kind -> Text,
        publisher -> Text,
        message -> Text,
        message_salt -> Bytea,
        message_digest -> Bytea,
        published_at -> Timestamptz,
        digest -> Bytea,
        change_count -> Int8,
    }
}

diesel::joinable!(changes -> revisions (revision));
diesel::joinable!(kind_changes -> revisions (revision));

diesel::allow_tables_to_appear_in_same_query!(changes, head, kind_changes, ledger, revisions,);
