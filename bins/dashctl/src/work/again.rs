//! Trying again while the server is away.

use client::Error;
use runner::Backoff;

/// Asks until the server answers for good.
pub(super) async fn until_answered<T, Asked>(mut ask: impl FnMut() -> Asked) -> Result<T, Error>
where
    Asked: Future<Output = Result<T, Error>>,
{
    let mut backoff = Backoff::default();
    loop {
        match ask().await {
            Err(error) if error.is_transient() => {
                tokio::time::sleep(backoff.next(rand::random())).await;
            }
            answer => return answer,
        }
    }
}
