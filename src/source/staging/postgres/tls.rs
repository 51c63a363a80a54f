//! TLS to a server: which certificates are believed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use postgres::config::SslMode;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::{Address, Host, TlsMode};
use super::error::PostgresError;

/// How a connection is secured, or that it is not: one kind of connection for both, since the library compiles all of
/// connecting anew for each kind.
#[derive(Clone)]
pub(super) struct Tls {
    pub mode: SslMode,
    /// Not asked where the mode says that there is no TLS.
    connector: MakeRustlsConnect,
}

impl Tls {
    /// What an address asks for. A Unix socket has no TLS.
    ///
    /// # Errors
    /// When the file of certificates cannot be read, or is needed and not named.
    pub(super) fn of(address: &Address) -> Result<Tls, PostgresError> {
        let asked = match address.host {
            Host::Socket(_) => TlsMode::Disable,
            Host::Tcp(_) => address.tls,
        };
        let mode = match asked {
            TlsMode::Disable => SslMode::Disable,
            TlsMode::Prefer => SslMode::Prefer,
            TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => SslMode::Require,
        };
        let (by_authority, by_name) = match (asked, &address.root_certificates) {
            // PostgreSQL's own programs verify the authority as soon as there is a file of them.
            (TlsMode::Disable | TlsMode::Prefer, _) | (TlsMode::Require, None) => (false, false),
            (TlsMode::Require | TlsMode::VerifyCa, Some(_)) => (true, false),
            // Anybody has a certificate of a public authority: without the name it says nothing.
            (TlsMode::VerifyCa, None) => {
                return Err(PostgresError::Url {
                    store: address.to_string(),
                    what: "sslmode=verify-ca needs sslrootcert=FILE; with public authorities use verify-full"
                        .to_owned(),
                });
            }
            (TlsMode::VerifyFull, None) => {
                // Fails where one is installed already, which is as good.
                let _ = ring::default_provider().install_default();
                return Ok(Tls {
                    mode,
                    connector: MakeRustlsConnect::with_webpki_roots(),
                });
            }
            (TlsMode::VerifyFull, Some(_)) => (true, true),
        };
        let provider = Arc::new(ring::default_provider());
        let believed = match &address.root_certificates {
            Some(path) if by_authority => Some(certificates(path)?),
            Some(_) | None => None,
        };
        let verifier = Verifier {
            believed,
            by_name,
            provider: Arc::clone(&provider),
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| PostgresError::Tls {
                store: address.to_string(),
                what: e.to_string(),
            })?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(Tls {
            mode,
            connector: MakeRustlsConnect::new(config),
        })
    }

    /// Opens a connection.
    pub(super) fn connect(
        &self,
        config: &postgres::Config,
    ) -> Result<postgres::Client, postgres::Error> {
        config.connect(self.connector.clone())
    }

    /// Asks the server to give up what a connection is doing.
    pub(super) fn cancel(&self, token: &postgres::CancelToken) -> Result<(), postgres::Error> {
        token.cancel_query(self.connector.clone())
    }
}

/// The certificates of a file.
struct Believed {
    /// As they stand there: a server may show one of them itself, as self-signed ones do.
    certificates: Vec<CertificateDer<'static>>,
    authorities: RootCertStore,
}

fn certificates(path: &Path) -> Result<Believed, PostgresError> {
    let refuse = |what: String| PostgresError::Certificates {
        path: PathBuf::from(path),
        what,
    };
    let mut believed = Believed {
        certificates: Vec::new(),
        authorities: RootCertStore::empty(),
    };
    let found = CertificateDer::pem_file_iter(path).map_err(|e| refuse(e.to_string()))?;
    for certificate in found {
        let certificate = certificate.map_err(|e| refuse(e.to_string()))?;
        // One that is no authority may still be the server's own.
        let _ = believed.authorities.add(certificate.clone());
        believed.certificates.push(certificate);
    }
    if believed.certificates.is_empty() {
        return Err(refuse("holds no certificate in PEM".to_owned()));
    }
    Ok(believed)
}

/// Believes a server by the certificates of a file, or, where only secrecy is asked for, without any.
struct Verifier {
    believed: Option<Believed>,
    /// Whether the certificate has to be for the host that was called.
    by_name: bool,
    provider: Arc<CryptoProvider>,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier")
            .field("by_authority", &self.believed.is_some())
            .field("by_name", &self.by_name)
            .finish_non_exhaustive()
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(believed) = &self.believed else {
            return Ok(ServerCertVerified::assertion());
        };
        let shown = ParsedCertificate::try_from(end_entity)?;
        let is_in_file = believed.certificates.iter().any(|one| one == end_entity);
        if !is_in_file {
            if believed.authorities.is_empty() {
                return Err(Error::InvalidCertificate(CertificateError::UnknownIssuer));
            }
            verify_server_cert_signed_by_trust_anchor(
                &shown,
                &believed.authorities,
                intermediates,
                now,
                self.provider.signature_verification_algorithms.all,
            )?;
        }
        if self.by_name {
            verify_server_name(&shown, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
