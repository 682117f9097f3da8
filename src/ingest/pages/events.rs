//! `/ingest/{id}/events`: the live part of a task's page, whenever it changes.

use std::time::Duration;

use askama::Template;
use rocket::response::stream::{Event, EventStream};
use rocket::{Shutdown, State};
use tokio::time::{sleep, timeout};

use crate::ingest::model;
use crate::ingest::service::Ingest;
use crate::platform::web::guards::Reader;
use crate::platform::web::lang::Lang;

use super::Answer;
use super::task::Live;

/// Nobody reads faster.
const PAUSE: Duration = Duration::from_millis(300);

/// The rate changes even where nothing else does, and another server may work on the task.
const LOOK: Duration = Duration::from_secs(2);

/// `GET /ingest/{id}/events`: `live` events with a part of the page, and one `over` when the task doesn't run any more.
#[rocket::get("/ingest/<id>/events")]
pub(super) async fn events(
    _reader: Reader,
    lang: Lang,
    ingest: &State<Ingest>,
    id: &str,
    mut shutdown: Shutdown,
) -> Answer<EventStream![]> {
    let task = ingest.task(id).await?;
    let ingest = ingest.inner().clone();
    let mut changes = ingest.watch(&task.id);
    Ok(EventStream! {
        loop {
            // One that was deleted is over, too.
            let Ok(progress) = ingest.progress(task.id.as_str()).await else { break };
            let Ok(html) = Live::of(&progress, lang).render() else { break };
            yield Event::data(html).event("live");
            if progress.task.state != model::State::Running {
                break;
            }
            let next = async {
                sleep(PAUSE).await;
                // Whether it was told or not, it is time to look.
                let _ = timeout(LOOK, changes.changed()).await;
            };
            tokio::select! {
                () = next => {}
                () = &mut shutdown => return,
            }
        }
        yield Event::data("over").event("over");
    })
}
