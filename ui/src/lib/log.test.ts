import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  RunLog,
  type LogFilter,
  type LogLine,
  type LogListener,
  type LogQuery,
} from './log.svelte';

const everything: LogFilter = { step: '', stream: '', q: '' };

function line(number: number, over: Partial<LogLine> = {}): LogLine {
  return { run_id: 'r', line: number, at: '', stream: 'stdout', text: `line ${number}`, ...over };
}

/** A server that holds lines and pages through them as the real one does. */
class FakeSource {
  stored: LogLine[] = [];
  listener: LogListener | undefined;
  follows: number[] = [];
  fails = false;

  page = async (query: LogQuery): Promise<LogLine[]> => {
    if (this.fails) throw new TypeError('network');
    const { before, after, limit } = query;
    const fitting = this.stored.filter(
      (line) =>
        (before === undefined || line.line < before) &&
        (after === undefined || line.line > after) &&
        (!query.q || line.text.includes(query.q)) &&
        (!query.step || line.step_id === query.step),
    );
    return after === undefined ? fitting.slice(-limit) : fitting.slice(0, limit);
  };

  follow = (since: number, listener: LogListener): (() => void) => {
    this.follows.push(since);
    this.listener = listener;
    return () => {
      if (this.listener === listener) this.listener = undefined;
    };
  };

  fill(count: number): void {
    this.stored = Array.from({ length: count }, (_, index) => line(index + 1));
  }

  print(...lines: LogLine[]): void {
    this.stored.push(...lines);
    for (const line of lines) this.listener?.line(line);
  }
}

let source: FakeSource;
let log: RunLog;

const numbers = () => log.lines.map((line) => line.line);
const span = () => [numbers()[0], numbers().at(-1)];

beforeEach(() => {
  vi.useFakeTimers();
  source = new FakeSource();
  log = new RunLog(source);
});

afterEach(() => {
  log.stop();
  vi.useRealTimers();
});

test('it opens at the end', async () => {
  source.fill(1200);
  await log.open(everything);
  expect(span()).toEqual([701, 1200]);
  expect([log.atStart, log.atEnd]).toEqual([false, true]);
});

test('a short log is there as a whole', async () => {
  source.fill(3);
  await log.open(everything);
  expect(numbers()).toEqual([1, 2, 3]);
  expect([log.atStart, log.atEnd]).toEqual([true, true]);
});

test('earlier lines come before the others, up to the first', async () => {
  source.fill(1200);
  await log.open(everything);
  await log.loadEarlier();
  expect(span()).toEqual([201, 1200]);
  expect(log.prepended).toBe(true);
  await log.loadEarlier();
  expect([...span(), log.atStart]).toEqual([1, 1200, true]);
});

describe('followed live', () => {
  beforeEach(async () => {
    source.fill(3);
    await log.open(everything);
    source.listener!.opened();
  });

  test('it begins where the page ended', () => {
    expect(source.follows).toEqual([3]);
    expect(log.state).toBe('live');
  });

  test('new lines are put below, each once', () => {
    source.print(line(4), line(5));
    source.listener!.line(line(5));
    vi.advanceTimersByTime(100);
    expect(numbers()).toEqual([1, 2, 3, 4, 5]);
    expect(log.prepended).toBe(false);
  });

  test('the end of the run is told from a lost connection', () => {
    source.listener!.lost();
    expect(log.state).toBe('disconnected');
    vi.advanceTimersByTime(1000);
    expect(source.follows).toEqual([3, 3]);
    source.listener!.ended();
    expect(log.state).toBe('ended');
    vi.advanceTimersByTime(60_000);
    expect(source.follows).toHaveLength(2);
  });

  test('it resumes after the last line it got', () => {
    source.print(line(4));
    source.listener!.lost();
    log.retryNow();
    expect(source.follows).toEqual([3, 4]);
  });
});

describe('opened at a line', () => {
  beforeEach(async () => {
    source.fill(5000);
    await log.open(everything, 2000);
  });

  test('it shows what is around it', () => {
    expect(span()).toEqual([1500, 2499]);
    expect([log.atStart, log.atEnd]).toEqual([false, false]);
  });

  test('later lines are loaded down to the live end', async () => {
    source.print(line(5001));
    for (let n = 0; n < 6; n++) await log.loadLater();
    vi.advanceTimersByTime(100);
    expect(span()).toEqual([1500, 5001]);
    expect(log.atEnd).toBe(true);
    expect(new Set(numbers()).size).toBe(log.lines.length);
  });
});

describe('through a filter', () => {
  beforeEach(async () => {
    source.fill(50);
    await log.open({ ...everything, q: 'line 7' });
  });

  test('it shows what the server found', () => {
    expect(numbers()).toEqual([7]);
  });

  test('it follows from the end of the log, not from the last find', () => {
    expect(source.follows).toEqual([50]);
  });

  test('new lines pass only when they fit', () => {
    source.print(line(51), line(52, { text: 'LINE 7 again' }));
    vi.advanceTimersByTime(100);
    expect(numbers()).toEqual([7, 52]);
  });
});

test('a very long log forgets its beginning while it is followed', async () => {
  await log.open(everything);
  source.print(...Array.from({ length: 20_500 }, (_, index) => line(index + 1)));
  vi.advanceTimersByTime(100);
  expect(log.lines.length).toBeLessThanOrEqual(20_000);
  expect(span()[1]).toBe(20_500);
  expect(log.atStart).toBe(false);
});

test('a failure is told and can be tried again', async () => {
  source.fails = true;
  await log.open(everything);
  expect(log.failure?.title).toBe('The server cannot be reached');
  source.fails = false;
  source.fill(1);
  await log.open(everything);
  expect([log.failure, numbers()]).toEqual([undefined, [1]]);
});
