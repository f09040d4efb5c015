//! Settling rows: what an agent said at its end that it had used, beyond the calls that were seen. A better report of
//! a run's calls takes its place there, so that nothing is counted twice.

use model::{Exactness, LlmCall, Tokens};
use store::llm_calls::Reported;
use store::{Tx, llm_calls};

use crate::Error;
use crate::llm_calls::priced;
use crate::pricing::PriceBook;

/// Takes what a better report adds out of the run's settling row for that model.
pub(crate) async fn make_room(
    tx: &mut Tx,
    prices: &PriceBook,
    reported: &Reported,
) -> Result<(), Error> {
    let call = &reported.call;
    let Some(run) = call
        .run_id
        .filter(|_| reported.changed && call.exactness > Exactness::Settling)
    else {
        return Ok(());
    };
    let before = reported
        .before
        .as_ref()
        .map(|before| before.tokens)
        .unwrap_or_default();
    let mut growth = call.tokens.beyond(before);
    for row in llm_calls::of_run_up_to(tx, run, Exactness::Settling).await? {
        if row.exactness == Exactness::Settling && row.model == call.model {
            growth = shrink(tx, prices, &row, growth).await?;
        }
    }
    Ok(())
}

/// Answers what of the growth found no room in this row.
async fn shrink(
    tx: &mut Tx,
    prices: &PriceBook,
    row: &LlmCall,
    growth: Tokens,
) -> Result<Tokens, Error> {
    let rest = row.tokens.beyond(growth);
    if rest == row.tokens {
        return Ok(growth);
    }
    if rest.total() == 0 {
        llm_calls::withdraw(tx, row).await?;
    } else {
        let tokens_input = rest.all_input();
        let smaller = LlmCall {
            tokens: rest,
            tokens_input,
            tokens_output: rest.output,
            ..row.clone()
        };
        llm_calls::replace(tx, row, &priced(smaller, prices)).await?;
    }
    Ok(growth.beyond(row.tokens))
}
