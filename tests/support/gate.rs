//! A gate before the MariaDB of the tests: shut, the database is gone for the server behind it, and for nobody else.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::database::{Database, Db};

/// The gate; it ends with its test.
pub struct Gate {
    folder: tempfile::TempDir,
    database: Database,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    is_shut: AtomicBool,
    connections: Mutex<Vec<UnixStream>>,
}

impl Gate {
    /// Before a schema of its own.
    pub fn before_mariadb() -> Self {
        let (folder, database) = (tempfile::tempdir().expect("a folder"), Database::fresh(Db::MariaDb));
        let shared = Arc::new(Shared::default());
        let gate = Self { folder, database, shared };
        let (_, socket) = gate.parts();
        let listener = UnixListener::bind(gate.path()).expect("a socket");
        let shared = gate.shared.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if !shared.is_shut.load(Ordering::SeqCst) {
                    let server = UnixStream::connect(&socket).expect("MariaDB");
                    shared.join(&client, &server);
                    shared.join(&server, &client);
                }
            }
        });
        gate
    }

    /// The database, through the gate.
    pub fn url(&self) -> String {
        format!("{}?socket={}", self.parts().0, self.path().display())
    }

    /// Ends all connections, and lets none in.
    pub fn shut(&self) {
        self.shared.is_shut.store(true, Ordering::SeqCst);
        for connection in self.shared.connections.lock().expect("the connections").drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    pub fn open(&self) {
        self.shared.is_shut.store(false, Ordering::SeqCst);
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("gate")
    }

    /// The URL without its socket, and the socket.
    fn parts(&self) -> (String, PathBuf) {
        let url = self.database.url().expect("MariaDB");
        let (address, socket) = url.split_once("?socket=").expect("a unix socket");
        (address.to_owned(), PathBuf::from(socket))
    }
}

impl Shared {
    /// Passes on what comes from one to the other.
    fn join(&self, from: &UnixStream, to: &UnixStream) {
        let (mut from, mut to) = (from.try_clone().expect("a handle"), to.try_clone().expect("a handle"));
        self.connections.lock().expect("the connections").push(from.try_clone().expect("a handle"));
        thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(count @ 1..) = from.read(&mut buffer) {
                if to.write_all(&buffer[..count]).is_err() {
                    break;
                }
            }
            let _ = to.shutdown(Shutdown::Both);
        });
    }
}
