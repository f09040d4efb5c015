// Markdown from people and agents as HTML that can do no harm.

import DOMPurify from 'dompurify';
import { Marked } from 'marked';

const marked = new Marked({ gfm: true, breaks: true });

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
