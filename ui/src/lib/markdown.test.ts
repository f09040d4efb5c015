import { expect, test } from 'vitest';
import { render } from './markdown';

test('markdown becomes html', () => {
  expect(render('**now** `x`')).toContain('<strong>now</strong> <code>x</code>');
});

test.each([
  '<img src=x onerror=alert(1)>',
  '<script>alert(1)</script>',
  '[x](javascript:alert(1))',
  '<p style="position:fixed" onclick="alert(1)">x</p>',
  '<form action="/api/logout"><button>x</button></form>',
])('%s can do no harm', (text) => {
  expect(render(text)).not.toMatch(/alert|style=|onclick|<form|<button|<img/);
});

test('links open elsewhere', () => {
  expect(render('[x](https://example.com)')).toContain('rel="noopener noreferrer"');
});

test('headings stand below that of the section', () => {
  expect(render('# Title')).toContain('<h3>Title</h3>');
});
