//! HTTP/1.1 on the wire: the accept loop, connections, and the way of a request to Rocket's routes and back.
//!
//! Rocket's own server reads the first bytes of each body before any guard may speak, so a refusal would wait for a body
//! that may never come, and `100 Continue` would go out first. Here hyper reads the heads, and Rocket routes each request
//! through its in-process dispatch; the body stays with the connection until a handler asks for it (ADR 18).
//!
//! What always holds: a request that its head refuses is answered at once, and what still arrives of its body is read and
//! discarded behind the answer, within bounds; a client that goes away cancels no handler; an answer whose source
//! fails is cut off before its end, never ended cleanly; no task outlives the time that a shutdown grants.

mod compression;
mod connection;
mod exchange;
mod outgoing;
mod target;
mod wire;

use std::net::SocketAddr;
use std::time::Duration;

use rocket::figment::Figment;
use rocket::local::asynchronous::Client;
use rocket::{Ignite, Rocket, Shutdown};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// After a failed accept (no file handle is free, most likely) the next one waits this long.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Work beside the requests that a shutdown waits for: spawn it here, and end it when Rocket's `Shutdown` resolves.
#[derive(Debug, Clone, Default)]
pub struct Background(pub TaskTracker);

/// An address that is taken for this server; nobody is served yet.
#[derive(Debug)]
pub struct Bound(TcpListener);

impl Bound {
    /// Takes `address` and `port` of the configuration.
    ///
    /// # Errors
    /// One line that names the address and the port.
    pub async fn to(figment: &Figment) -> Result<Self, String> {
        let config = figment.extract::<rocket::Config>().map_err(|error| error.to_string())?;
        let address = SocketAddr::new(config.address, config.port);
        let listener = TcpListener::bind(address).await;
        listener.map(Self).map_err(|error| format!("{address} can't be bound: {error}"))
    }

    /// The port, which the system chose where the configuration says 0.
    ///
    /// # Errors
    /// When the system doesn't tell.
    pub fn port(&self) -> Result<u16, String> {
        self.0.local_addr().map(|address| address.port()).map_err(|error| format!("port: {error}"))
    }

    /// Serves until a signal or Rocket's `Shutdown` ends it, then for as long as `shutdown.grace` and
    /// `shutdown.mercy` allow.
    ///
    /// # Errors
    /// When a fairing refuses to start.
    pub async fn serve(self, rocket: Rocket<Ignite>) -> Result<(), rocket::Error> {
        // Answers borrow from the router for as long as they are sent: it lives as long as the process.
        let router: &'static Client = Box::leak(Box::new(Client::untracked(rocket).await?));
        let tasks = Tasks::default();
        let shutdown = router.rocket().shutdown();
        tokio::spawn(watch_signals(shutdown.clone()));
        accept(&self.0, router, &tasks, shutdown).await;
        drop(self);
        tasks.finish(router).await;
        Ok(())
    }
}

/// What runs for the clients.
#[derive(Debug, Clone, Default)]
struct Tasks {
    connections: TaskTracker,
    handlers: TaskTracker,
    /// Cancelled when connections that are still open are to be cut.
    cut: CancellationToken,
}

impl Tasks {
    /// Waits for everything under way: `grace` for answers, then `mercy` for what a cut connection leaves behind.
    async fn finish(&self, router: &'static Client) {
        let config = &router.rocket().config().shutdown;
        let grace = tokio::time::Instant::now() + Duration::from_secs(config.grace.into());
        let mercy = grace + Duration::from_secs(config.mercy.into());
        self.connections.close();
        self.handlers.close();
        if timeout_at(grace, self.connections.wait()).await.is_err() {
            tracing::warn!(open = self.connections.len(), "the time for running requests is over; they are cut off");
            self.cut.cancel();
        }
        let background = router.rocket().state::<Background>().cloned().unwrap_or_default().0;
        background.close();
        let rest = async { tokio::join!(self.connections.wait(), self.handlers.wait(), background.wait()) };
        if timeout_at(mercy, rest).await.is_err() {
            tracing::warn!("work that was under way didn't end in time");
        }
    }
}

async fn accept(listener: &TcpListener, router: &'static Client, tasks: &Tasks, shutdown: Shutdown) {
    let mut end = shutdown.clone();
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut end => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, client)) => admit(stream, client, router, tasks, &shutdown),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "a connection can't be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Whether only the connection that was to be accepted is at fault.
fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

fn admit(stream: TcpStream, client: SocketAddr, router: &'static Client, tasks: &Tasks, shutdown: &Shutdown) {
    // Else the last piece of an answer waits for the client's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let (handlers, cut, shutdown) = (tasks.handlers.clone(), tasks.cut.clone(), shutdown.clone());
    tasks.connections.spawn(async move {
        let served = connection::serve(stream, client, router, handlers, shutdown);
        tokio::select! {
            () = served => {}
            () = cut.cancelled() => {}
        }
    });
}

/// SIGTERM and SIGINT begin the shutdown.
async fn watch_signals(shutdown: Shutdown) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals can't be watched; end the process by SIGKILL");
        return;
    };
    let name = tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    };
    tracing::info!("{name}: no new requests; running ones have their time to end");
    shutdown.notify();
}
