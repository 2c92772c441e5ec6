use crate::support::Service;
