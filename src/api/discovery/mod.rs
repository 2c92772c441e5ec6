//! How programs that know nothing of the interface find it, and what is new in it: the catalogue of
//! interfaces, rules and maps for crawlers, and a feed of revisions. Addresses are those of
//! `PUBLIC_URL`, whatever a request says.

pub mod atom;
pub mod fixed;
pub mod sitemap;
pub mod xml;
