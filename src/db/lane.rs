//! The quick lane: one connection for each thread, on which the statements of all requests are pipelined. For reads
//! that an index answers at once; what takes longer holds up those behind it, and goes to the pool instead.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tokio::sync::OnceCell;

use super::pool::connect_with;
use super::statement::Statement;

/// How long a statement may take here.
const QUICK: Duration = Duration::from_millis(500);
/// How long an answer may take that others stand before.
const WAIT: Duration = Duration::from_secs(2);
/// Statements under way on one connection.
const MOST: usize = 512;

struct Lane {
    connection: OnceCell<AsyncPgConnection>,
    under_way: Cell<usize>,
}

thread_local! {
    /// By the address of the database.
    static LANES: RefCell<HashMap<String, Rc<Lane>>> = RefCell::default();
}

/// One more statement under way, as long as this lives.
struct UnderWay<'a>(&'a Cell<usize>);

impl<'a> UnderWay<'a> {
    fn begin(count: &'a Cell<usize>) -> UnderWay<'a> {
        count.set(count.get() + 1);
        UnderWay(count)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

/// Rows of a statement; none where it is to be asked for elsewhere: the lane is full, or failed, or took too long.
pub async fn rows<Row>(url: &str, statement: &Statement) -> Option<Vec<Row>>
where
    Row: QueryableByName<Pg> + Send + 'static,
{
    let lane = LANES.with_borrow_mut(|lanes| match lanes.get(url) {
        Some(lane) => lane.clone(),
        None => {
            let lane = Rc::new(Lane { connection: OnceCell::new(), under_way: Cell::new(0) });
            lanes.insert(url.to_owned(), lane.clone());
            lane
        }
    });
    if lane.under_way.get() >= MOST {
        return None;
    }
    let _one = UnderWay::begin(&lane.under_way);
    let found = async {
        // One plan for all values: an index serves each of them.
        let connection = || connect_with(url, QUICK, "-c plan_cache_mode=force_generic_plan");
        let mut connection = lane.connection.get_or_try_init(connection).await.map_err(|error| error.to_string())?;
        statement.clone().get_results(&mut connection).await.map_err(|error| error.to_string())
    };
    let found = match tokio::time::timeout(WAIT, found).await {
        Ok(Ok(rows)) => return Some(rows),
        Ok(Err(error)) => error,
        Err(_) => "no answer in time".to_owned(),
    };
    log::debug!("the quick lane is begun anew: {found}");
    // Others that it fails for find a new one already.
    LANES.with_borrow_mut(|lanes| {
        if lanes.get(url).is_some_and(|now| Rc::ptr_eq(now, &lane)) {
            lanes.remove(url);
        }
    });
    None
}
