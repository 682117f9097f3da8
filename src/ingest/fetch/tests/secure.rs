//! `https`, with a server whose authority only `ingest.ca_file` names.
//!
//! `tls/` has that authority (its key is gone), and a certificate of it for 127.0.0.1 and pictures.example; both are
//! good for a hundred years from 2026.

use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::server::{Server, ok, redirect};
use super::{Http, Ingest, assert_says, get, lookup, settings, system_lookup};

fn tls() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    TlsAcceptor::from(Arc::new(builder.with_single_cert(vec![certificate], key).unwrap()))
}

fn trusting() -> Ingest {
    let authority = CertificateDer::from_pem_slice(include_bytes!("tls/ca.pem")).unwrap();
    Ingest { authorities: vec![authority], ..settings() }
}

#[tokio::test]
async fn pictures_come_over_https() {
    let server = Server::secure(tls(), |_, head| ok(head)).await;
    let http = Arc::new(Http::new(&trusting(), system_lookup()));
    for _ in 0..3 {
        let url = format!("https://127.0.0.1:{}/a", server.address.port());
        assert!(get(&http, &url).await.unwrap().starts_with(b"GET /a HTTP/1.1\r\n"));
    }
    assert_eq!((server.requests(), server.connections()), (3, 1), "connections are shared as any others");

    let named = Arc::new(Http::new(&trusting(), lookup(&["127.0.0.1"])));
    let url = format!("https://pictures.example:{}/b", server.address.port());
    assert!(get(&named, &url).await.unwrap().starts_with(b"GET /b"));

    let port = server.address.port();
    let plain = Server::start(move |_, _| redirect(&format!("https://127.0.0.1:{port}/c"))).await;
    assert!(get(&http, &plain.url("/")).await.unwrap().starts_with(b"GET /c"));
}

#[tokio::test]
async fn a_certificate_that_does_not_fit_is_refused_at_once() {
    let server = Server::secure(tls(), |_, _| ok("picture")).await;
    let strange = Arc::new(Http::new(&settings(), system_lookup()));
    let url = format!("https://127.0.0.1:{}/", server.address.port());
    assert_says(&get(&strange, &url).await, "TLS");
    let named = Arc::new(Http::new(&trusting(), lookup(&["127.0.0.1"])));
    let url = format!("https://other.example:{}/", server.address.port());
    assert_says(&get(&named, &url).await, "TLS");
    assert_eq!((server.requests(), server.connections()), (0, 2), "asking again wouldn't mend it");
}
