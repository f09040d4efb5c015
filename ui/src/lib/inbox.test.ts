import { expect, test } from 'vitest';
import { textOf, titleOf } from './inbox.svelte';

type Words = Parameters<typeof titleOf>[0];

function check(item: Words, title: string, text: string): void {
  expect([titleOf(item), textOf(item)]).toEqual([title, text]);
}

test('a question stands whole below the title of its task, which is left as it is', () => {
  const ids = { task_id: 't', question_id: 'q' };
  const reason = 'Which **grain**?\n\nRye or wheat.';
  check({ ...ids, title: 'Rename my_fn to `run`', reason }, 'Rename my_fn to `run`', reason);
});

test('one of no task is called by its first line, which is not said again', () => {
  const title = '**Which** grain?';
  const ids = { task_id: null, question_id: 'q' };
  check({ ...ids, title, reason: `${title}\nRye or wheat.` }, 'Which grain?', 'Rye or wheat.');
});
