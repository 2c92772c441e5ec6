//! SQL put together from static pieces and bound values: one mechanism for the eight kinds, which a
//! typed query builder would need eight times. Prepared and cached once for each shape.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Bytea, Nullable, Text, Timestamptz, Untyped};
use tokio_postgres::types::{ToSql, Type};

/// A value bound to a statement.
#[derive(Clone, Debug)]
pub enum Bind {
    Text(String),
    Texts(Vec<String>),
    /// Texts some of which are absent.
    Maybes(Vec<Option<String>>),
    BigInt(i64),
    BigInts(Vec<i64>),
    Bytes(Vec<u8>),
    Instant(Option<DateTime<Utc>>),
}

impl Bind {
    /// Its type in PostgreSQL.
    pub fn sql_type(&self) -> Type {
        match self {
            Bind::Text(_) => Type::TEXT,
            Bind::Texts(_) | Bind::Maybes(_) => Type::TEXT_ARRAY,
            Bind::BigInt(_) => Type::INT8,
            Bind::BigInts(_) => Type::INT8_ARRAY,
            Bind::Bytes(_) => Type::BYTEA,
            Bind::Instant(_) => Type::TIMESTAMPTZ,
        }
    }

    /// As tokio-postgres takes it.
    pub fn as_parameter(&self) -> &(dyn ToSql + Sync) {
        match self {
            Bind::Text(value) => value,
            Bind::Texts(value) => value,
            Bind::Maybes(value) => value,
            Bind::BigInt(value) => value,
            Bind::BigInts(value) => value,
            Bind::Bytes(value) => value,
            Bind::Instant(value) => value,
        }
    }
}

#[derive(Clone, Debug)]
enum Piece {
    Sql(String),
    Bind(Bind),
}

/// What a read takes of the server that answers it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Needs {
    /// A revision that the server must have; 0 is any.
    pub revision: i64,
    /// One that may be still to come, and is waited for; 0 is none.
    pub awaited: i64,
    /// A time up to which the server must have all revisions.
    pub time: Option<DateTime<Utc>>,
}

impl Needs {
    fn and(self, other: Needs) -> Needs {
        let (revision, awaited) = (self.revision.max(other.revision), self.awaited.max(other.awaited));
        Needs { revision, awaited, time: self.time.max(other.time) }
    }
}

/// How long a statement may take, and how it waits for its turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pace {
    #[default]
    Quick,
    /// It may take long, and waits for its turn for a while.
    Slow,
    /// It may take long, and waits for its turn however long that takes: an answer has begun. Those are to be few.
    Patient,
}

/// A statement under construction.
#[derive(Clone, Debug, Default)]
pub struct Statement {
    pieces: Vec<Piece>,
    /// Of a read, which a replica may answer; all else is the primary's.
    needs: Option<Needs>,
    /// Whether it is planned for its values each time.
    planned_anew: bool,
    pace: Pace,
}

impl Statement {
    pub fn new() -> Statement {
        Statement::default()
    }

    /// Appends SQL in which each `?` stands for the next value. The SQL is the program's own text,
    /// never input.
    pub fn push<const N: usize>(&mut self, sql: &str, binds: [Bind; N]) -> &mut Statement {
        let mut binds = binds.into_iter();
        for (index, part) in sql.split('?').enumerate() {
            if index > 0 {
                self.pieces.extend(binds.next().map(Piece::Bind));
            }
            self.sql(part);
        }
        self
    }

    /// Appends SQL without values.
    pub fn sql(&mut self, sql: &str) -> &mut Statement {
        match self.pieces.last_mut() {
            Some(Piece::Sql(text)) => text.push_str(sql),
            _ => self.pieces.push(Piece::Sql(sql.to_owned())),
        }
        self
    }

    /// Has it planned for its values each time, where one plan for all values would be a bad one for
    /// many: nobody can know beforehand how many rows have a word.
    pub fn plan_anew(&mut self) -> &mut Statement {
        self.planned_anew = true;
        self
    }

    /// Has it wait for a turn in the slow lane: it may take long.
    pub fn slowly(&mut self) -> &mut Statement {
        self.pace = self.pace.max(Pace::Slow);
        self
    }

    /// The same, as long as it takes.
    pub fn patiently(&mut self) -> &mut Statement {
        self.pace = Pace::Patient;
        self
    }

    /// How it waits for its turn. Nobody knows beforehand how many rows have a word.
    pub fn pace(&self) -> Pace {
        if self.planned_anew { self.pace.max(Pace::Slow) } else { self.pace }
    }

    /// Lets any server answer that has what is needed. What was said before stays needed.
    pub fn read_where(&mut self, needs: Needs) -> &mut Statement {
        self.needs = Some(self.needs.map_or(needs, |before| before.and(needs)));
        self
    }

    /// Lets any server answer that has this revision.
    pub fn read_with(&mut self, revision: i64) -> &mut Statement {
        self.read_where(Needs { revision, ..Needs::default() })
    }

    /// What it takes of a server other than the primary; none where that has to answer.
    pub fn needs(&self) -> Option<Needs> {
        self.needs
    }

    /// Appends another statement.
    pub fn append(&mut self, other: Statement) -> &mut Statement {
        self.planned_anew |= other.planned_anew;
        self.pace = self.pace.max(other.pace);
        if let Some(needs) = other.needs {
            self.read_where(needs);
        }
        for piece in other.pieces {
            match piece {
                Piece::Sql(sql) => {
                    self.sql(&sql);
                }
                bind => self.pieces.push(bind),
            }
        }
        self
    }

    /// Appends values, divided by commas.
    pub fn list(&mut self, binds: impl IntoIterator<Item = Bind>) -> &mut Statement {
        for (index, bind) in binds.into_iter().enumerate() {
            self.sql(if index > 0 { ", " } else { "" });
            self.pieces.push(Piece::Bind(bind));
        }
        self
    }

    /// The SQL with numbered places, and the values.
    pub fn rendered(&self) -> (String, Vec<&Bind>) {
        let (mut sql, mut binds) = (String::with_capacity(512), Vec::new());
        for piece in &self.pieces {
            match piece {
                Piece::Sql(text) => sql.push_str(text),
                Piece::Bind(bind) => {
                    binds.push(bind);
                    // Writing to a String does not fail.
                    let _ = write!(sql, "${}", binds.len());
                }
            }
        }
        (sql, binds)
    }

    /// One statement from SQL and values.
    pub fn of<const N: usize>(sql: &str, binds: [Bind; N]) -> Statement {
        let mut statement = Statement::new();
        statement.push(sql, binds);
        statement
    }
}

impl QueryFragment<Pg> for Statement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if self.planned_anew {
            out.unsafe_to_cache_prepared();
        }
        for piece in &self.pieces {
            match piece {
                Piece::Sql(sql) => out.push_sql(sql),
                Piece::Bind(Bind::Text(value)) => out.push_bind_param::<Text, _>(value)?,
                Piece::Bind(Bind::Texts(value)) => out.push_bind_param::<Array<Text>, _>(value)?,
                Piece::Bind(Bind::Maybes(value)) => out.push_bind_param::<Array<Nullable<Text>>, _>(value)?,
                Piece::Bind(Bind::BigInt(value)) => out.push_bind_param::<BigInt, _>(value)?,
                Piece::Bind(Bind::BigInts(value)) => out.push_bind_param::<Array<BigInt>, _>(value)?,
                Piece::Bind(Bind::Bytes(value)) => out.push_bind_param::<Bytea, _>(value)?,
                Piece::Bind(Bind::Instant(value)) => out.push_bind_param::<Nullable<Timestamptz>, _>(value)?,
            }
        }
        Ok(())
    }
}

/// Not static: the SQL differs from value to value of this type, so it must be its own cache key.
impl QueryId for Statement {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement {
    type SqlType = Untyped;
}

/// Run by connections that block, as migrations do.
impl<Connection> diesel::RunQueryDsl<Connection> for Statement {}
