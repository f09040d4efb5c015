// Markdown from people and agents as HTML that can do no harm.

import DOMPurify from 'dompurify';
import { Marked } from 'marked';

// Of HTML between the Markdown these stay, without attributes; the rest is shown as it was written. So a handler never
// reaches the browser's parser, which complains of it even where nothing of it could run (Chromium since version 156).
const NOT_A_PLAIN_TAG =
  /<(?!\/?(?:b|blockquote|br|code|dd|del|details|dl|dt|em|hr|i|ins|kbd|li|mark|ol|p|pre|s|samp|strong|sub|summary|sup|table|tbody|td|th|thead|tr|u|ul)\s*\/?>)/gi;

function plain(html: string): string {
  return html.replaceAll(/<!--[^]*?-->/g, '').replaceAll(NOT_A_PLAIN_TAG, '&lt;');
}

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: { html: ({ text }) => plain(text) },
});

const purifier = DOMPurify();
purifier.addHook('afterSanitizeAttributes', (node) => {
  // The boxes of a task list are read out by what they say, not by a label.
  if (node.tagName === 'INPUT')
    node.setAttribute('aria-label', node.hasAttribute('checked') ? 'done' : 'open');
  if (node.tagName !== 'A') return;
  node.setAttribute('target', '_blank');
  node.setAttribute('rel', 'noopener noreferrer');
});

export function render(text: string): string {
  const html = marked.parse(text, { async: false });
  // Its headings stand below that of the section; forms and styles have no business here.
  return purifier.sanitize(html.replaceAll(/<(\/?)h[1-6](?=[ >])/g, '<$1h3'), {
    FORBID_TAGS: ['style', 'form', 'button', 'textarea', 'select', 'img', 'video', 'audio'],
    FORBID_ATTR: ['style', 'class', 'id'],
  });
}
