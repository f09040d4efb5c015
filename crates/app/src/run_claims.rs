//! How a run starts by claiming a task: the task moves, and its run gets a number, a lease and a token. Several at once cost
//! as few statements as one.

use std::collections::BTreeMap;

use auth::Secret;
use model::{EventType, NewRun, PrincipalKind, Project, Run, Scope, Task, Token, TokenId};
use store::{Tx, dispatch, runs as kept_runs, tasks as kept_tasks, tokens};

use crate::deed::Deed;
use crate::pace::Pace;
use crate::run_starts::{Place, from_new, tell};
use crate::{Error, attempts, runs, task_moves};

/// A task that somebody may have, and who.
pub(crate) struct Claim {
    pub(crate) deed: Deed,
    pub(crate) project: Project,
    pub(crate) task: Task,
    pub(crate) new: NewRun,
}

/// Opens a run with a lease on a task. Whether anything holds the task back, the caller has looked.
pub(crate) async fn claim(tx: &mut Tx, pace: Pace, claim: Claim) -> Result<(Task, Run), Error> {
    let begun = claim_all(tx, pace, vec![claim]).await?;
    Ok(begun.into_iter().next().expect("one claim, one run"))
}

/// The same for several tasks, with as few statements as for one.
pub(crate) async fn claim_all(
    tx: &mut Tx,
    pace: Pace,
    claims: Vec<Claim>,
) -> Result<Vec<(Task, Run)>, Error> {
    let (mut begun, mut told) = (Vec::new(), Vec::new());
    for claim in claims {
        let from = claim.task.status;
        told.push((claim.deed.clone(), from));
        begun.push(begin(pace, claim)?);
    }
    let attempts = begun.iter_mut().zip(&told);
    let attempts = attempts.map(|((task, _), (_, from))| kept_tasks::Begun { task, from: *from });
    let numbers = kept_tasks::begin_attempts(tx, attempts.collect()).await?;
    for ((_, run), number) in begun.iter_mut().zip(numbers) {
        run.number = number;
        run.lease_epoch = number;
    }
    let runs: Vec<Run> = begun.iter().map(|(_, run)| run.clone()).collect();
    kept_runs::insert_all(tx, &runs).await?;
    note(tx, &runs).await?;
    for ((task, run), (deed, from)) in begun.iter().zip(&told) {
        tell(tx, deed, run).await?;
        task_moves::follow(tx, deed, task, *from, EventType::TaskClaimed).await?;
    }
    Ok(begun)
}

/// The run and the task as they are then, but for the run's number.
fn begin(pace: Pace, claim: Claim) -> Result<(Task, Run), Error> {
    let Claim {
        deed,
        project,
        mut task,
        new,
    } = claim;
    let place = Place {
        project,
        ticket: task.ticket_id,
        task: Some(task.clone()),
        parent: None,
    };
    let mut run = from_new(&deed, &place, 0, new);
    run.agent = run.agent.or_else(|| task.assignee.clone());
    run.lease_expires_at = Some(deed.at.plus_seconds(pace.lease_seconds));
    attempts::begin(&mut task, &run, deed.at)?;
    task.updated_at = deed.at;
    Ok((task, run))
}

/// Notes in which projects work was handed out.
async fn note(tx: &mut Tx, runs: &[Run]) -> Result<(), Error> {
    let projects: BTreeMap<_, _> = runs
        .iter()
        .map(|run| (run.project_id, run.created_at))
        .collect();
    for (project, at) in projects {
        dispatch::note(tx, project, at).await?;
    }
    Ok(())
}

/// The token that may write to this run and its task, and to nothing else.
pub(crate) async fn give_token(tx: &mut Tx, deed: &Deed, run: &Run) -> Result<Secret, Error> {
    let secrets = give_tokens(tx, [(deed, run)]).await?;
    Ok(secrets.into_iter().next().expect("one run, one token"))
}

/// The same for several runs, each begun by somebody.
pub(crate) async fn give_tokens(
    tx: &mut Tx,
    runs: impl IntoIterator<Item = (&Deed, &Run)>,
) -> Result<Vec<Secret>, Error> {
    let given = runs.into_iter().map(|(deed, run)| {
        let secret = runs::run_secret();
        (token(deed, run, &secret), secret)
    });
    let given: Vec<(Token, Secret)> = given.collect();
    let hashes: Vec<_> = given.iter().map(|(_, secret)| secret.hash()).collect();
    let tokens = given.iter().map(|(token, _)| token);
    let hashes = hashes.iter().map(|hash| &hash.as_bytes()[..]);
    tokens::insert_all(tx, tokens.zip(hashes)).await?;
    Ok(given.into_iter().map(|(_, secret)| secret).collect())
}

fn token(deed: &Deed, run: &Run, secret: &Secret) -> Token {
    Token {
        id: TokenId::new(),
        name: run.agent.clone().unwrap_or_else(|| deed.by().name),
        kind: PrincipalKind::Agent,
        scopes: vec![Scope::Read, Scope::Report],
        prefix: secret.prefix(),
        project_id: Some(run.project_id),
        run_id: Some(run.id),
        created_by: deed.by(),
        created_at: deed.at,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    }
}
