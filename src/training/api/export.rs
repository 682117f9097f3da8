//! `GET /training/tasks/{task_id}/export?format=…` (contract §2.7).

use rocket::http::uri::Origin;
use rocket::{Route, State, get, routes};

use super::Result;
use crate::platform::web::guards::Caller;
use crate::platform::web::query::Query;
use crate::platform::web::serve::{Bytes, Facts, Headers};
use crate::training::model::Fault;
use crate::training::model::export::Format;
use crate::training::service::Training;

