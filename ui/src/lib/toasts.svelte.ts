// Short notices about what was just done. Failures stay until they are closed.

import type { Failure } from './api';

export interface Toast {
  id: number;
  text: string;
  detail: string;
  bad: boolean;
}

const SHOWN_MS = 5000;

export class Toasts {
  #shown = $state.raw<Toast[]>([]);
  #nextId = 1;

  get shown(): Toast[] {
    return this.#shown;
  }

  say(text: string): void {
    const id = this.#add({ text, detail: '', bad: false });
    setTimeout(() => this.close(id), SHOWN_MS);
  }

  fail(what: string, failure: Failure): void {
    this.#add({ text: what, detail: failure.detail || failure.title, bad: true });
  }

  close(id: number): void {
    this.#shown = this.#shown.filter((toast) => toast.id !== id);
  }

  #add(toast: Omit<Toast, 'id'>): number {
    const id = this.#nextId++;
    this.#shown = [...this.#shown.slice(-3), { id, ...toast }];
    return id;
  }
}
