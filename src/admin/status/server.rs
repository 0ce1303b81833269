//! The answers over HTTP, in one thread: nobody who connects can keep it from the others for long, nor have it grow.

use std::cell::RefCell;
use std::convert::Infallible;
use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::Semaphore;
use tokio::time;

use super::answers::{self, Answer};
use super::history::STEP;
use super::hosts::Hosts;
use super::sight::Sight;

/// Connections at once; more wait in the backlog.
const CONNECTIONS: usize = 64;
/// How long a request may take to come, and how long a connection is kept for the next one.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection lives at most, so that 64 slow readers do not keep everybody else out.
const LIFE: Duration = Duration::from_secs(60);
/// Bytes of a request's head.
const HEAD: usize = 16 << 10;

/// What every connection shares.
struct Shared {
    sight: RefCell<Sight>,
    hosts: Hosts,
}

/// Serves until it is ended.
pub fn serve(listener: TcpListener, sight: Sight, hosts: Hosts) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let shared = Rc::new(Shared { sight: RefCell::new(sight), hosts });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let tasks = tokio::task::LocalSet::new();
    tasks.spawn_local(remember(Rc::clone(&shared)));
    tasks.block_on(&runtime, accept(listener, shared))
}

async fn remember(shared: Rc<Shared>) {
    let mut step = time::interval(Duration::from_secs(STEP));
    step.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        step.tick().await;
        shared.sight.borrow_mut().remember();
    }
}

async fn accept(listener: TcpListener, shared: Rc<Shared>) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        // The semaphore is never closed.
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return Ok(()) };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // No descriptor left, or a client that has gone: the next may come.
            Err(_) => {
                time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let shared = Rc::clone(&shared);
        tokio::task::spawn_local(async move {
            let service = service_fn(|request| {
                let response = respond(&request, &shared);
                async move { Ok::<_, Infallible>(response) }
            });
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(HEAD);
            let connection = http.serve_connection(TokioIo::new(stream), service);
            // Whoever broke his connection off needs no answer.
            let _ = time::timeout(LIFE, connection).await;
            drop(place);
        });
    }
}

fn respond(request: &Request<Incoming>, shared: &Shared) -> Response<Full<Bytes>> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let answer = if !shared.hosts.admit(host) {
        Answer::refusal(421, "this name is not served here; ferryd-status --host NAME admits it")
    } else if ![Method::GET, Method::HEAD].contains(request.method()) {
        Answer::refusal(405, "there is nothing here that can be changed: GET and HEAD only")
    } else {
        let mut sight = shared.sight.borrow_mut();
        answers::answer(request.uri().path(), request.uri().query().unwrap_or_default(), sight.look())
    };
    response(answer)
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The page needs nothing but itself, and stands in nobody's frame; what it tells is old in a moment.
const HEADERS: [(header::HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
];
