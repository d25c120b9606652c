//! Runs the tasks of connections.

use crate::cpu::CpuMeter;

/// Spawns what hyper asks for, and measures it where that is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Executor {
    pub(crate) cpu: Option<CpuMeter>,
}

impl<F> hyper::rt::Executor<F> for Executor
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    #[expect(
        clippy::disallowed_methods,
        reason = "connections end with their client, and nothing is lost with them"
    )]
    fn execute(&self, future: F) {
        match self.cpu.clone() {
            None => tokio::spawn(async move { drop(future.await) }),
            Some(cpu) => {
                let mut future = Box::pin(future);
                tokio::spawn(async move { drop(cpu.measure(future.as_mut()).await) })
            }
        };
    }
}
