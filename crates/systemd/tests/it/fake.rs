//! A systemd that answers from a table, on a socket in a directory of its own.

#![expect(
    clippy::unused_self,
    clippy::disallowed_types,
    reason = "zbus' macro wants getters to take self, and its expansion names std's HashMap"
)]

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use regain_systemd::Bus;
use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use zbus::connection::Builder;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, Guid, ObjectPath, OwnedObjectPath, interface};

const MANAGER_PATH: &str = "/org/freedesktop/systemd1";
const APP: &str = "/org/freedesktop/systemd1/unit/app_2eservice";
const WEB: &str = "/org/freedesktop/systemd1/unit/web_2esocket";
const DAILY: &str = "/org/freedesktop/systemd1/unit/daily_2etimer";
const GONE: &str = "/org/freedesktop/systemd1/unit/gone_2eservice";
const JOB: &str = "/org/freedesktop/systemd1/job/41";

type Row =
    (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

pub(crate) struct Fake {
    socket: PathBuf,
    hangs: Arc<AtomicBool>,
    connections: Arc<AtomicUsize>,
    open: Arc<Mutex<Vec<Connection>>>,
    _tasks: JoinSet<()>,
    _dir: TempDir,
}

impl Fake {
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("private");
        let listener = UnixListener::bind(&socket).unwrap();
        let hangs = Arc::new(AtomicBool::new(false));
        let connections = Arc::new(AtomicUsize::new(0));
        let open = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(
            listener,
            Arc::clone(&hangs),
            Arc::clone(&connections),
            Arc::clone(&open),
        ));
        Self { socket, hangs, connections, open, _tasks: tasks, _dir: dir }
    }

    pub(crate) fn bus(&self) -> Bus {
        Bus::Private(self.socket.clone())
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn hang(&self, hangs: bool) {
        self.hangs.store(hangs, Ordering::SeqCst);
    }

    pub(crate) async fn hang_up(&self) {
        let open: Vec<Connection> = self.open.lock().unwrap().drain(..).collect();
        for connection in open {
            connection.close().await.unwrap();
        }
    }
}

async fn accept(
    listener: UnixListener,
    hangs: Arc<AtomicBool>,
    connections: Arc<AtomicUsize>,
    open: Arc<Mutex<Vec<Connection>>>,
) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        connections.fetch_add(1, Ordering::SeqCst);
        let connection = serve(stream, Arc::clone(&hangs)).await;
        open.lock().unwrap().push(connection);
    }
}

async fn serve(stream: UnixStream, hangs: Arc<AtomicBool>) -> Connection {
    Builder::unix_stream(stream.into_std().unwrap())
        .server(Guid::generate())
        .p2p()
        .serve_at(MANAGER_PATH, Manager { hangs })
        .serve_at(JOB, Job)
        .serve_at(APP, Unit)
        .serve_at(APP, Service)
        .serve_at(WEB, Socket)
        .serve_at(DAILY, Timer)
        .build()
        .await
        .unwrap()
}

struct Manager {
    hangs: Arc<AtomicBool>,
}

#[interface(name = "org.freedesktop.systemd1.Manager")]
impl Manager {
    async fn list_units(&self) -> Vec<Row> {
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        vec![
            row("app.service", "loaded", "active", APP),
            row("web.socket", "loaded", "active", WEB),
            row("daily.timer", "loaded", "inactive", DAILY),
            row("gone.service", "not-found", "inactive", GONE),
        ]
    }

    fn subscribe(&self) {}

    fn load_unit(&self, name: &str) -> OwnedObjectPath {
        assert_eq!(name, "app.service");
        path(APP)
    }

    /// Ends jobs of other units first, and the one that was ordered as the unit's name says.
    async fn restart_unit(
        &self,
        name: &str,
        mode: &str,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> zbus::fdo::Result<OwnedObjectPath> {
        assert_eq!(mode, "replace");
        let result = match name {
            "app.service" => "done",
            "broken.service" => "failed",
            _ => return Err(zbus::fdo::Error::Failed(format!("Unit {name} not found."))),
        };
        Self::job_removed(&emitter, 40, path(JOB), "other.service", "canceled").await?;
        Self::job_removed(&emitter, 41, path(JOB), name, result).await?;
        Ok(path(JOB))
    }

    fn start_unit(&self, name: &str, mode: &str) -> OwnedObjectPath {
        assert_eq!((name, mode), ("app.service", "replace"));
        path(JOB)
    }

    fn get_job(&self, id: u32) -> zbus::fdo::Result<OwnedObjectPath> {
        if id == 41 { Ok(path(JOB)) } else { Err(zbus::fdo::Error::Failed("no job".to_owned())) }
    }

    #[zbus(signal)]
    async fn job_removed(
        emitter: &SignalEmitter<'_>,
        id: u32,
        job: OwnedObjectPath,
        unit: &str,
        result: &str,
    ) -> zbus::Result<()>;

    #[zbus(property)]
    fn version(&self) -> String {
        "252.39-1~deb12u1".to_owned()
    }

    #[zbus(property)]
    fn virtualization(&self) -> String {
        "kvm".to_owned()
    }

    #[zbus(property)]
    fn system_state(&self) -> String {
        "degraded".to_owned()
    }
}

struct Job;

#[interface(name = "org.freedesktop.systemd1.Job")]
impl Job {
    #[zbus(property)]
    fn unit(&self) -> (String, OwnedObjectPath) {
        ("app.service".to_owned(), path(APP))
    }
}

struct Unit;

#[interface(name = "org.freedesktop.systemd1.Unit")]
impl Unit {
    #[zbus(property)]
    fn load_state(&self) -> String {
        "loaded".to_owned()
    }

    #[zbus(property)]
    fn active_state(&self) -> String {
        "active".to_owned()
    }

    #[zbus(property)]
    fn sub_state(&self) -> String {
        "running".to_owned()
    }

    #[zbus(property, name = "InvocationID")]
    fn invocation_id(&self) -> Vec<u8> {
        vec![0x0a, 0xff]
    }

    #[zbus(property)]
    fn state_change_timestamp(&self) -> u64 {
        1_700_000_000_000_001
    }

    #[zbus(property)]
    fn job(&self) -> (u32, OwnedObjectPath) {
        (41, path(JOB))
    }

    #[zbus(property)]
    fn active_enter_timestamp(&self) -> u64 {
        1_700_000_000_000_000
    }
}

struct Service;

#[interface(name = "org.freedesktop.systemd1.Service")]
impl Service {
    #[zbus(property, name = "Type")]
    fn kind(&self) -> String {
        "notify".to_owned()
    }

    #[zbus(property, name = "NRestarts")]
    fn restarts(&self) -> u32 {
        3
    }

    #[zbus(property)]
    fn tasks_current(&self) -> u64 {
        17
    }

    #[zbus(property)]
    fn tasks_max(&self) -> u64 {
        u64::MAX
    }
}

struct Socket;

#[interface(name = "org.freedesktop.systemd1.Socket")]
impl Socket {
    #[zbus(property, name = "NAccepted")]
    fn accepted(&self) -> u32 {
        9
    }

    #[zbus(property, name = "NConnections")]
    fn current(&self) -> u32 {
        2
    }
}

struct Timer;

#[interface(name = "org.freedesktop.systemd1.Timer")]
impl Timer {
    #[zbus(property, name = "LastTriggerUSec")]
    fn last_trigger(&self) -> u64 {
        1_600_000_000_000_000
    }
}

fn path(text: &'static str) -> OwnedObjectPath {
    ObjectPath::try_from(text).unwrap().into()
}

fn row(name: &str, load: &str, active: &str, at: &'static str) -> Row {
    (
        name.to_owned(),
        String::new(),
        load.to_owned(),
        active.to_owned(),
        "running".to_owned(),
        String::new(),
        path(at),
        0,
        String::new(),
        path("/"),
    )
}
