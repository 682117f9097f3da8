//! Fetching from servers that behave, and from such as don't.

mod coded;
mod forbidden;
mod limits;
mod polite;
mod secure;
mod server;
mod sloppy;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::Refusal;
use super::connect::{Lookup, system_lookup};
use super::http::Http;
use crate::platform::config::{self, Config, Ingest};

/// The settings of these tests: 1,000 bytes, 3 seconds, and only 127.0.0.1 of all that is not public.
fn settings() -> Ingest {
    let figment = config::with_database(config::defaults())
        .merge(("ingest.max_image", 1000))
        .merge(("ingest.timeout", "3 s"))
        .merge(("ingest.allow_networks", ["127.0.0.1"]));
    Config::extract(&figment).unwrap().ingest
}

fn http() -> Arc<Http> {
    Arc::new(Http::new(&settings(), system_lookup()))
}

/// Every name is at `addresses`.
fn lookup(addresses: &[&str]) -> Lookup {
    let addresses: Vec<IpAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
    Arc::new(move |_| {
        let addresses = addresses.clone();
        Box::pin(async move { Ok(addresses) }) as BoxFuture<'static, _>
    })
}

/// No test waits for ever.
async fn get(http: &Arc<Http>, uri: &str) -> Result<Vec<u8>, Refusal> {
    tokio::time::timeout(Duration::from_secs(60), http.get(uri)).await.expect("an answer within a minute")
}

#[track_caller]
fn assert_says(result: &Result<Vec<u8>, Refusal>, part: &str) {
    let refusal = result.as_ref().expect_err(part);
    assert!(refusal.0.zh.contains(part), "{refusal}");
}
