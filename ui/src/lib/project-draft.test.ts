import { expect, test } from 'vitest';
import { draftOf, editOf, newOf } from './project-draft';

test('what is left empty is left out of a new project, and becomes the current one', () => {
  const draft = { ...draftOf(), name: ' The shop ', slug: 'shop', icon: ' ' };
  const sent = JSON.parse(JSON.stringify(newOf(draft))) as unknown;
  expect(sent).toEqual({ slug: 'shop', name: 'The shop', description: '', switch: true });
});

test('an edit takes away what was emptied, and never names the slug', () => {
  const draft = { ...draftOf(), name: 'Shop', slug: 'shop', color: '#aabbcc', max_wip: 3 };
  expect(editOf(draft)).toEqual({
    name: 'Shop',
    description: '',
    icon: null,
    color: '#aabbcc',
    repo_path: null,
    clone_url: null,
    max_running: null,
    max_running_per_agent: null,
    max_wip: 3,
  });
});
