// How numbers, times and amounts are written. Pure: the present moment is passed in.

const UNITS: [limit: number, suffix: string][] = [
  [1e9, 'B'],
  [1e6, 'M'],
  [1e3, 'K'],
];

/** 950, 1.5K, 12.3M. */
export function compact(value: number): string {
  for (const [limit, suffix] of UNITS) {
    // 999,950 would be rounded to "1000.0K".
    if (Math.abs(value) >= limit * 0.99995) {
      return `${trim((value / limit).toFixed(1))}${suffix}`;
    }
  }
  return String(value);
}

/** 1,234,567. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

/** $12.34, and $0.0012 below ten cents, as `dashctl` writes it. */
export function dollars(value: number): string {
  const digits = value !== 0 && Math.abs(value) < 0.1 ? 4 : 2;
  return `$${value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

/** 840ms, 12.4s, 3m 05s, 2h 14m, 3d 4h. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 59_950) return `${trim((ms / 1000).toFixed(1))}s`;
  const seconds = Math.round(ms / 1000);
  const pad = (value: number) => String(value).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${pad(seconds % 60)}s`;
  if (seconds < 86_400)
    return `${Math.floor(seconds / 3600)}h ${pad(Math.floor(seconds / 60) % 60)}m`;
  return `${Math.floor(seconds / 86_400)}d ${Math.floor(seconds / 3600) % 24}h`;
}

/** "just now", "12s ago", "in 5m". */
export function relative(at: string, now: number): string {
  const seconds = Math.round((now - Date.parse(at)) / 1000);
  const distance = Math.abs(seconds);
  if (distance < 3) return 'just now';
  const text = coarse(distance);
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

/** Whether a moment on the wire is still to come. */
export function isAhead(at: string, now: number): boolean {
  return Date.parse(at) > now;
}

function coarse(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  if (seconds < 86_400 * 60) return `${Math.floor(seconds / 86_400)}d`;
  return `${Math.floor(seconds / (86_400 * 30))}mo`;
}

// Made once: it costs more than all that is written with it on a board.
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });

/** The full local time with its zone, for the hover. */
export function exact(at: string): string {
  return EXACT.format(new Date(at));
}

/** 10:05:09, local. */
export function clockTime(at: string): string {
  const time = new Date(at);
  const pad = (value: number) => String(value).padStart(2, '0');
  return `${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}`;
}

/** `plan_validating` as "plan validating". */
export function words(name: string): string {
  return name.replaceAll('_', ' ');
}

/** The part of an id that people read; the end is random, the beginning is the time. */
export function shortId(id: string): string {
  return id.slice(-8);
}

/** "1 task", "3 tasks". */
export function count(value: number, noun: string): string {
  return `${grouped(value)} ${noun}${value === 1 ? '' : 's'}`;
}

function trim(text: string): string {
  return text.endsWith('.0') ? text.slice(0, -2) : text;
}
