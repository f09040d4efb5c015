// Terminal colours of a log line as pieces of text with classes; what moves the cursor is left out.

import Anser from 'anser';

export interface Piece {
  text: string;
  /** Classes of `ansi.css`. */
  classes: string;
  /** `r, g, b`, for colours that have no class. */
  fg?: string;
  bg?: string;
}

// Titles, hyperlinks and other strings for the terminal itself.
const OSC = /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g;
// Sequences that are neither colours (they end with m) nor of interest.
const OTHER = /\x1b(?:\[[\d;?]*[A-Za-ln-z]|[()][0-9A-Z]|[=>78])/g;
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]/g;
const COLOURS = /\x1b\[[\d;:]*m/g;

/** The pieces of one line. */
export function pieces(line: string): Piece[] {
  const text = visible(line);
  if (!text.includes('\x1b')) return text === '' ? [] : [{ text, classes: '' }];
  return Anser.ansiToJson(text, { json: true, remove_empty: true, use_classes: true }).map(piece);
}

/** The line as text without colours, for copying and searching. */
export function plain(line: string): string {
  return visible(line).replace(COLOURS, '');
}

/** A progress bar writes over itself with carriage returns: only its last state is shown. */
function visible(line: string): string {
  const cleaned = line.replace(OSC, '').replace(OTHER, '').replace(/\r+$/, '');
  return cleaned.slice(cleaned.lastIndexOf('\r') + 1).replace(CONTROL, '\u00b7');
}

function piece(entry: Anser.AnserJsonEntry): Piece {
  const classes = [
    colourClass(entry.fg, 'fg'),
    colourClass(entry.bg, 'bg'),
    ...entry.decorations.map((decoration) => `ansi-${decoration}`),
  ];
  return {
    text: entry.content,
    classes: classes.filter(Boolean).join(' '),
    fg: rgb(entry.fg, entry.fg_truecolor),
    bg: rgb(entry.bg, entry.bg_truecolor),
  };
}

function colourClass(name: string | null, ground: 'fg' | 'bg'): string {
  if (!name) return '';
  const many = name === 'ansi-truecolor' || name.startsWith('ansi-palette-');
  return many ? `ansi-any-${ground}` : `${name}-${ground}`;
}

function rgb(name: string | null, truecolor: string | null): string | undefined {
  if (name === 'ansi-truecolor') return truecolor ?? undefined;
  const index = name?.match(/^ansi-palette-(\d+)$/)?.[1];
  return index === undefined ? undefined : palette(Number(index));
}

/** The 6×6×6 cube and the greys of the 256 colours. */
function palette(index: number): string {
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return `${grey}, ${grey}, ${grey}`;
  }
  const level = (n: number) => (n === 0 ? 0 : 55 + n * 40);
  const cube = index - 16;
  return [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(level).join(', ');
}
