//! The real world: HTTP, processes, workflows and documents on disk, secrets.

mod channels;
mod grpc;
mod http;
mod lookup;
mod mcp;
mod on_disk;
mod process;
mod process_group;
mod resource;
mod secrets;
mod tls;
mod worker;

use std::{path::PathBuf, sync::Arc};

pub use http::HttpLimits;
pub use lookup::{Loader, Registry, files, recognised};
pub use process::{Limits, Programs};
pub use resource::file_at;
pub use worker::{evaluate_here, run as run_worker};

use super::{Performing, Request, World};
use crate::effect::{Answer, EffectKind};

/// How the local world is set up.
#[derive(Clone)]
pub struct Options {
    /// Reads a workflow file and checks it; see [`Loader`].
    pub loader: Loader,
    /// The program that evaluates expressions that may not end, with its arguments; if absent,
    /// such expressions are refused.
    pub worker: Option<(PathBuf, Vec<String>)>,
    /// Requests whose address begins with the first go to the second instead, past any proxy:
    /// local stand-ins for services.
    pub routes: Vec<(String, String)>,
    /// The workflows that the host knows.
    pub registry: Registry,
    /// What runs scripts and containers.
    pub programs: Programs,
    /// The root of the catalog `default`: an address, or a folder.
    pub catalog: Option<String>,
    /// What is borne of servers.
    pub http: HttpLimits,
}

impl Options {
    /// A world that finds its programs on the path and sends every request where it says.
    #[must_use]
    pub fn new(loader: Loader) -> Self {
        Self {
            loader,
            worker: None,
            routes: Vec::new(),
            registry: Registry::default(),
            programs: Programs::default(),
            catalog: None,
            http: HttpLimits::default(),
        }
    }
}

/// The local world. Clones share their connections.
#[derive(Clone)]
pub struct Local {
    options: Arc<Options>,
    clients: Arc<http::Clients>,
    workers: Arc<worker::Pool>,
}

impl Local {
    /// A local world.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { clients: Arc::new(http::Clients::new(options.http)), options: Arc::new(options), workers: Arc::default() }
    }

    /// The workflows that the host knows.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.options.registry
    }

    /// The same world in which some requests go elsewhere; see [`Options::routes`].
    #[must_use]
    pub fn with_routes(&self, routes: Vec<(String, String)>) -> Self {
        Self {
            options: Arc::new(Options { routes, ..(*self.options).clone() }),
            clients: self.clients.clone(),
            workers: self.workers.clone(),
        }
    }
}

impl World for Local {
    fn perform(&self, request: Request) -> Performing {
        let (options, clients, workers) = (self.options.clone(), self.clients.clone(), self.workers.clone());
        Box::pin(async move {
            match request.effect.kind {
                EffectKind::Http(request) => Answer::Http(http::send(&clients, request, &options.routes).await),
                EffectKind::Process(process) => Answer::Process(
                    process::run(&options.programs, &request.execution, request.effect.id, &request.messages, process).await,
                ),
                EffectKind::Evaluate(evaluation) => Answer::Evaluated(workers.evaluate(options.worker.as_ref(), &evaluation).await),
                EffectKind::Workflow { namespace, name, version, from } => {
                    let lookup = move || lookup::find(&options.loader, &options.registry, &namespace, &name, &version, &from);
                    let found = tokio::task::spawn_blocking(lookup).await;
                    Answer::Workflow(found.unwrap_or_else(|error| Err(error.to_string())))
                }
                EffectKind::Mcp(call) => Answer::Mcp(mcp::call(&clients, call, &options.routes).await),
                EffectKind::Resource(resource) => Answer::Resource(resource::read(&clients, resource, &options).await),
                EffectKind::Secrets { names, from } => {
                    let find = move || secrets::find(&names, &from, |name| std::env::var(name).ok());
                    let found = tokio::task::spawn_blocking(find).await;
                    Answer::Secrets(found.unwrap_or_else(|error| Err(error.to_string())))
                }
                EffectKind::Grpc(call) => Answer::Grpc(grpc::call(call, &options.routes).await),
                EffectKind::Publish(channel, message) => {
                    Answer::Published(channels::publish(&clients, channel, message, &options.routes).await)
                }
                EffectKind::Subscribe(channel) => {
                    Answer::Unsubscribed(channels::subscribe(&clients, channel, request.messages, &options.routes).await)
                }
                // The driver does these itself.
                EffectKind::Sleep(_) | EffectKind::Cancel(_) => Answer::Slept,
                EffectKind::Emit(_) => Answer::Emitted(Ok(())),
            }
        })
    }

    #[expect(clippy::disallowed_methods, reason = "this is the world that has the real clock")]
    fn wall_clock(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn seed(&self) -> u64 {
        uuid::Uuid::now_v7().as_u64_pair().1
    }
}
