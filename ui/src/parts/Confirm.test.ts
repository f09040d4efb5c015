import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { createRawSnippet, tick } from 'svelte';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { Failure } from '../lib/api';
import Confirm from './Confirm.svelte';

beforeAll(() => {
  // jsdom knows dialogs, but not how to open them.
  HTMLDialogElement.prototype.showModal = function (this: HTMLDialogElement) {
    this.open = true;
  };
});

afterEach(cleanup);

function open(confirm: () => Promise<void>, typed?: string) {
  const onclose = vi.fn();
  const children = createRawSnippet(() => ({ render: () => '<p>It is gone then.</p>' }));
  render(Confirm, { title: 'Delete it?', action: 'Delete', typed, confirm, onclose, children });
  return { onclose, button: screen.getByRole<HTMLButtonElement>('button', { name: 'Delete' }) };
}

test('the words must be typed before it can be confirmed', async () => {
  const { button } = open(async () => {}, 'PROJ-1');
  expect(button.disabled).toBe(true);
  await fireEvent.input(screen.getByRole('textbox'), { target: { value: 'PROJ-1' } });
  expect(button.disabled).toBe(false);
});

test('Enter does not confirm', async () => {
  const confirm = vi.fn(async () => {});
  open(confirm, 'PROJ-1');
  const field = screen.getByRole('textbox');
  await fireEvent.input(field, { target: { value: 'PROJ-1' } });
  await fireEvent.keyDown(field, { key: 'Enter' });
  expect(field.closest('form')).toBeNull();
  expect(confirm).not.toHaveBeenCalled();
});

test('it closes when it was done', async () => {
  const { onclose, button } = open(async () => {});
  await fireEvent.click(button);
  await tick();
  expect(onclose).toHaveBeenCalledOnce();
});

test('it stays open and says why when it failed', async () => {
  const { onclose, button } = open(async () => {
    throw new Failure('Not allowed', 'Only an operator deletes.', 403);
  });
  await fireEvent.click(button);
  expect((await screen.findByRole('alert')).textContent).toContain('Only an operator deletes.');
  expect(onclose).not.toHaveBeenCalled();
});
