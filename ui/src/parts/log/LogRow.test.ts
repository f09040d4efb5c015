import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import type { LogLine } from '../../lib/log.svelte';
import LogRow from './LogRow.svelte';

afterEach(cleanup);

function show(over: Partial<LogLine>, q = '') {
  const line: LogLine = {
    run_id: 'r',
    line: 7,
    at: '2026-03-05T10:00:00Z',
    stream: 'stdout',
    text: '',
    ...over,
  };
  const choose = vi.fn();
  const { container } = render(LogRow, {
    line,
    href: 'runs/r#L7',
    q,
    wrap: true,
    chosen: false,
    choose,
  });
  return { container, choose };
}

test('colours are kept and text cannot become markup', () => {
  const { container } = show({ text: '\x1b[31m<b>no</b>\x1b[0m' });
  expect(container.querySelector('.ansi-red-fg')?.textContent).toBe('<b>no</b>');
  expect(container.querySelector('b')).toBeNull();
});

test('colours beyond the sixteen are given to the style, not as text', () => {
  const { container } = show({ text: '\x1b[38;5;208mx' });
  const piece = container.querySelector<HTMLElement>('.ansi-any-fg');
  expect(piece?.style.getPropertyValue('--fg')).toBe('255, 135, 0');
});

test('a stream other than the usual one is named', () => {
  show({ stream: 'stderr', text: 'x' });
  expect(screen.getByText('stderr')).toBeDefined();
});

test('finds are marked', () => {
  const { container } = show({ text: 'an error' }, 'ERROR');
  expect(container.querySelector('mark')?.textContent).toBe('error');
});

test('the number is the permanent address of the line, and choosing it loads nothing', async () => {
  const { choose } = show({ text: 'x' });
  const link = screen.getByRole('link', { name: 'Line 7' });
  expect(link.getAttribute('href')).toBe('runs/r#L7');
  expect(await fireEvent.click(link)).toBe(false);
  expect(choose).toHaveBeenCalledOnce();
});
