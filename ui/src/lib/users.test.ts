import { expect, test } from 'vitest';
import { editOf, type User, type UserDraft } from './users';

const ada = { scopes: ['read', 'operate'], disabled: false, version: 4 } as User;
const draft: UserDraft = {
  name: 'ada',
  password: '',
  scopes: ['operate', 'read'],
  disabled: false,
};

test.each([
  [{}, {}],
  [{ password: 'correct horse' }, { password: 'correct horse' }],
  [{ scopes: ['read'] }, { scopes: ['read'] }],
  [{ disabled: true }, { disabled: true }],
] as [Partial<UserDraft>, object][])('an edit of %o says only that', (changes, said) => {
  const edit = editOf(ada, { ...draft, ...changes });
  expect(JSON.parse(JSON.stringify(edit))).toEqual(said);
});
