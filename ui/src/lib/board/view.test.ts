import { expect, test } from 'vitest';
import { paramsOf, viewOf, type BoardView } from './view';

const usual = {
  default_tenant: '',
  lane_by_profile: true,
  include_archived_by_default: false,
  render_markdown: true,
};
const own = { ...usual, default_tenant: 'acme', include_archived_by_default: true };

function check(address: string, preferences: typeof usual, expected: Partial<BoardView>): void {
  const params = new URLSearchParams(address);
  expect(viewOf((name) => params.get(name) ?? '', preferences)).toMatchObject(expected);
}

test('an address that says nothing shows what is usual', () => {
  check('', usual, { tenant: '', archived: false, lanes: true });
  check('', own, { tenant: 'acme', archived: true, lanes: true });
});

test('what the address says wins', () => {
  check('tenant=other&archived=0&lanes=0', own, { tenant: 'other', archived: false, lanes: false });
  check('tenant=*', own, { tenant: '' });
});

test('only what is not usual stands in the address', () => {
  expect(paramsOf({ tenant: 'acme', archived: true }, own)).toEqual({ tenant: '', archived: '' });
  expect(paramsOf({ tenant: '', archived: false }, own)).toEqual({ tenant: '*', archived: '0' });
  expect(paramsOf({ tenant: '', lanes: false, q: 'x' }, usual)).toEqual({
    tenant: '',
    lanes: '0',
    q: 'x',
  });
});
