//! A connection on which a server works: TLS with a deadline for the first bytes, and a way to end it.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::futures::OwnedNotified;
use tokio::time::Sleep;
use tokio_rustls::server::TlsStream;
use tonic::transport::server::Connected;

use super::Gate;
use crate::api::figures::Figures;
use crate::api::peer::{Connection, Standing};

/// Length of the HTTP/2 connection preface (RFC 9113, 3.4); a request of HTTP/1.1 is longer.
const PREFACE_BYTES: usize = 24;

/// The preface that is still awaited.
struct Awaited {
    bytes: usize,
    deadline: Pin<Box<Sleep>>,
}

/// An accepted connection.
pub struct Conn {
    stream: TlsStream<TcpStream>,
    connection: Arc<Connection>,
    closing: Pin<Box<OwnedNotified>>,
    awaited: Option<Awaited>,
    figures: Arc<Figures>,
    _standing: Standing,
    _place: OwnedSemaphorePermit,
}

impl Conn {
    pub(super) fn new(
        stream: TlsStream<TcpStream>,
        connection: Arc<Connection>,
        place: OwnedSemaphorePermit,
        gate: &Gate,
    ) -> Self {
        let mut closing = Box::pin(Arc::clone(connection.closing()).notified_owned());
        closing.as_mut().enable();
        gate.figures.connections.add(1);
        Self {
            stream,
            closing,
            awaited: Some(Awaited {
                bytes: PREFACE_BYTES,
                deadline: Box::pin(tokio::time::sleep(gate.handshake_timeout)),
            }),
            figures: Arc::clone(&gate.figures),
            _standing: gate.connections.enter(&connection),
            connection,
            _place: place,
        }
    }

    fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        if !self.connection.is_closed() {
            ready!(self.closing.as_mut().poll(context));
        }
        Poll::Ready(io::Error::new(io::ErrorKind::ConnectionAborted, "the connection was closed by the platform"))
    }

    /// A client that says nothing after the handshake must not hold a connection for ever.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let Some(awaited) = &mut self.awaited else { return Poll::Pending };
        ready!(awaited.deadline.as_mut().poll(context));
        Poll::Ready(io::Error::new(
            io::ErrorKind::TimedOut,
            "no HTTP/2 preface or request within the handshake timeout",
        ))
    }

    fn note_read(&mut self, bytes: usize) {
        if let Some(awaited) = &mut self.awaited {
            awaited.bytes = awaited.bytes.saturating_sub(bytes);
            if awaited.bytes == 0 {
                self.awaited = None;
            }
        }
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        // Streams of this connection that are still served learn that nobody is there.
        self.connection.close();
        self.figures.connections.sub(1);
    }
}

impl Connected for Conn {
    type ConnectInfo = Arc<Connection>;

    fn connect_info(&self) -> Self::ConnectInfo {
        Arc::clone(&self.connection)
    }
}

impl AsyncRead for Conn {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Poll::Ready(error) = self.poll_closed(context) {
            return Poll::Ready(Err(error));
        }
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Ready(Ok(())) => {
                self.note_read(buffer.filled().len() - before);
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.poll_late(context).map(Err),
        }
    }
}

impl AsyncWrite for Conn {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
