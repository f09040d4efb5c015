// Where a searched text stands in another, in any case.

export interface Bit {
  text: string;
  hit: boolean;
}

export function marked(text: string, q: string): Bit[] {
  const folded = text.toLowerCase();
  const wanted = q.toLowerCase();
  // Some letters change their length with their case; marks would then be off.
  if (!wanted || folded.length !== text.length) return [{ text, hit: false }];
  const bits: Bit[] = [];
  let from = 0;
  for (let at = folded.indexOf(wanted); at >= 0; at = folded.indexOf(wanted, from)) {
    if (at > from) bits.push({ text: text.slice(from, at), hit: false });
    from = at + wanted.length;
    bits.push({ text: text.slice(at, from), hit: true });
  }
  if (from < text.length) bits.push({ text: text.slice(from), hit: false });
  return bits;
}
