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
  'a <b onclick="alert(1)">b</b> <svg/onload=alert(1)> <!-- <img src=x onerror=alert(1)> --> c',
  'a <kbd><svg/onload=alert(1)></kbd> <script>alert(1)</script> b',
  '<a onclick="alert(1)" href="https://example.com" onmouseover=alert(1)>x</a>',
  '<a href="javascript:alert(1)">x</a> <a href=\'https://x.y" onclick="alert(1)\'>x</a>',
  '<p <svg onload=alert(1)>> <b/onclick=alert(1)>x</b> <im<!-- -->g src=x onerror=alert(1)>',
  '![x](https://example.com/x.png)',
])('%s can do no harm', (text) => {
  const shown = document.createElement('div');
  shown.innerHTML = render(text);
  for (const node of shown.querySelectorAll('*')) {
    expect(['A', 'B', 'KBD', 'P']).toContain(node.tagName);
    expect(
      node.getAttributeNames().filter((name) => !['href', 'target', 'rel'].includes(name)),
    ).toEqual([]);
    expect(node.getAttribute('href') ?? '').not.toMatch(/^javascript:/);
  }
});

test('plain tags stay, others are shown as they were written', () => {
  expect(render('press <kbd>Esc</kbd><br>')).toContain('press <kbd>Esc</kbd><br>');
  expect(render('<details>\n<summary>More</summary>\n\ntext\n</details>')).toMatch(
    /<details>\s*<summary>More<\/summary>\s*<p>text<\/p>\s*<\/details>/,
  );
  expect(render('<img src=x onerror=alert(1)>')).toContain('&lt;img src=x onerror=alert(1)');
  expect(render('a <!-- note --> b')).not.toContain('note');
  expect(render('<p align="center">x</p>')).toContain('<p>x</p>');
  expect(render('see <a class="x" href="https://example.com/?a=1">this</a>')).toContain(
    'href="https://example.com/?a=1"',
  );
  expect(render('<code>x<y</code> and z')).toContain('<code>x&lt;y</code> and z');
  expect(render('`<b>` and <https://example.com>, 1 < 2')).toMatch(
    /<code>&lt;b&gt;<\/code> and <a href="https:\/\/example.com".*<\/a>, 1 &lt; 2/,
  );
});

test('links open elsewhere', () => {
  expect(render('[x](https://example.com)')).toContain('rel="noopener noreferrer"');
});

test('headings stand below that of the section', () => {
  expect(render('# Title')).toContain('<h3>Title</h3>');
});
