//! This room's part in every request: who it is, and a line in the log of what was done.

use std::net::IpAddr;

use rocket::Request;
use rocket::fairing::{Fairing, Info, Kind as Kinds};
use rocket::http::Method;
use rocket::response::Response;

use super::model::{Entry, cut};
use super::service::Accounts;
use crate::platform::error::Result;
use crate::platform::web::guards::{Credentials, Gatekeeper, Kind, Passed, Subject, Who, passed};

#[rocket::async_trait]
impl Gatekeeper for Accounts {
    async fn admit(&self, shown: &Credentials, address: Option<IpAddr>) -> Result<Option<Who>> {
        self.who(shown, address).await
    }
}

/// Pages that show what is for one person alone.
const SECRET: [&str; 3] = ["/account", "/audit", "/login"];

/// Writes down every write that succeeded, or was refused for lack of rights. Rare ones before the answer leaves; what
/// comes in thousands, and what strangers can send at will, is gathered, so that it costs no commit.
pub struct Audit(pub Accounts);

#[rocket::async_trait]
impl Fairing for Audit {
    fn info(&self) -> Info {
        Info { name: "Audit log", kind: Kinds::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        if request.route().is_some_and(|route| SECRET.iter().any(|start| route.uri.path().starts_with(start))) {
            // What was shown once isn't shown again by going back.
            response.set_raw_header("Cache-Control", "no-store");
        }
        let Some(passed) = passed(request).filter(|passed| is_write(request, passed)) else {
            return;
        };
        let status = response.status().code;
        if passed.is_let_in && !(200..400).contains(&status) {
            return;
        }
        let is_frequent = !passed.is_let_in || passed.tag.is_some() || is_of_one_image(request);
        let entry = entry(request, passed, status, is_frequent);
        if is_frequent {
            self.0.gather(entry);
        } else if let Err(error) = self.0.record(&entry).await {
            tracing::error!(%error, "a line of the audit log was not written");
        }
    }
}

/// Whether the request changes something: by its door, because seed 003 starts and stops tasks by `GET`.
fn is_write(request: &Request<'_>, passed: &Passed) -> bool {
    let is_look = matches!(request.method(), Method::Get | Method::Head);
    // The route decides: a path may be written in many ways.
    let is_of_v1 = || request.route().is_some_and(|route| route.uri.path().starts_with("/v1/"));
    !passed.is_read && (!is_look || is_of_v1())
}

/// Whether this is one of the routes that are called once an image.
fn is_of_one_image(request: &Request<'_>) -> bool {
    let route = request.route().map(|route| route.uri.path().to_owned()).unwrap_or_default();
    ["/training/files/<", "/training/images/<"].iter().any(|start| route.starts_with(start))
}

fn entry(request: &Request<'_>, passed: &Passed, status: u16, is_frequent: bool) -> Entry {
    // A name with `_` is one that its handler doesn't look at.
    let route = request.route().map(|route| route.uri.path().replace("<_", "<")).unwrap_or_default();
    let path = match &passed.tag {
        Some(tag) if passed.is_let_in => format!("/upload/{tag}"),
        // What is gathered must be alike.
        _ if is_frequent => route.clone(),
        // No path has a # in it: behind it stands the name of the thing, where the handler has said one.
        _ => match Subject::of(request).name() {
            Some(name) => format!("{}#{name}", request.uri().path()),
            None => request.uri().path().to_string(),
        },
    };
    let who = passed.who.as_ref();
    Entry {
        kind: who.map_or("nobody", |who| who.kind.word()),
        who: who.map(|who| cut(&who.name, 255)).unwrap_or_default(),
        who_id: who.filter(|who| who.kind != Kind::Open).and_then(|who| who.id),
        address: request.client_ip().map(|address| address.to_string()).unwrap_or_default(),
        action: cut(&format!("{} {route}", request.method()), 255),
        path: cut(&path, 1024),
        status,
        is_refused: !passed.is_let_in,
    }
}
