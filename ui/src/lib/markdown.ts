// Markdown from people and agents as HTML that can do no harm.

import DOMPurify from 'dompurify';
import { Marked } from 'marked';

// Of HTML between the Markdown these stay, and links, without other attributes; the rest is shown as it was written. So a
// handler never reaches the browser's parser, which complains of it even where nothing of it could run (Chromium since
// version 156).
const TAGS =
  'b|blockquote|br|center|code|dd|del|details|div|dl|dt|em|h[1-6]|hr|i|ins|kbd|li|mark|ol|p|pre|s|samp|small|span|' +
  'strong|sub|summary|sup|table|tbody|td|th|thead|tr|u|ul';
const LINK = /<a\s[^<>]*?href="(https?:\/\/[^"<>\s]*)"[^<>]*>/gi;
const TAG = new RegExp(`<(/?)(${TAGS})(?:[\\s/][^<>]*)?>`, 'gi');
const ANYTHING_ELSE = new RegExp(`<(?!/?(?:${TAGS})>|a href="https?://[^"<>\\s]*">|/a>)`, 'gi');

function plain(html: string): string {
  return html
    .replaceAll(/<!--[^]*?-->/g, '')
    .replaceAll(LINK, '<a href="$1">')
    .replaceAll(TAG, '<$1$2>')
    .replaceAll(ANYTHING_ELSE, '&lt;');
}

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    html: ({ text }) => plain(text),
    // What stands between the tags of `<code>` and the like comes as text that is taken to be escaped already.
    text: (token) => ('escaped' in token && token.escaped ? plain(token.text) : false),
  },
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
