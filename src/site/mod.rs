//! Pages for people: server-rendered, in Chinese and English, at any revision. A page is read at one revision
//! (`visit`), says what it has to say with the words of `words`, and is put into the frame that all share (`frame`).

pub mod assets;
mod builder;
pub mod chart;
pub mod embed;
pub mod frame;
pub mod routes;
pub mod visit;
pub mod words;

mod cite;
mod commitment;
mod compare;
mod developers;
mod home;
mod members;
mod metric;
mod names;
mod organization;
mod parts;
mod pictures;
pub mod problems;
mod programme;
mod revisions;
mod search;
pub mod since;
mod source;
mod spark;
mod told;

pub use revisions::page_of;
