/** Places in a text: JavaScript counts UTF-16 units, Python and the API count code points. */

export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** The code point that begins at a unit; half a pair counts as the whole of it. */
export function pointAt(text: string, unit: number): number {
  let points = 0;
  for (let at = 0; at < unit && at < text.length; points++) at += widthAt(text, at);
  return points;
}

/** The unit at which a code point begins. */
export function unitAt(text: string, point: number): number {
  let at = 0;
  for (let points = 0; points < point && at < text.length; points++) at += widthAt(text, at);
  return at;
}

/** A stretch of units as one of code points, without the white space around it; null if nothing is left. */
export function inPoints(text: string, { start, end }: Stretch): Stretch | null {
  const words = text.slice(start, end);
  const trimmed = words.trim();
  if (trimmed === "") return null;
  const from = start + words.indexOf(trimmed);
  const first = pointAt(text, from);
  return { start: first, end: first + Array.from(trimmed).length };
}

const LONG_LINE = 140;

/** What one marks with keys: lines but for the fences of code, and of long lines sentences; in UTF-16 units. */
export function linesOf(text: string): Stretch[] {
  const found: Stretch[] = [];
  for (const line of text.matchAll(/[^\n]+/g)) {
    if (line[0].trimStart().startsWith("```")) continue;
    const parts = line[0].length > LONG_LINE ? line[0].matchAll(/.+?(?:[.!?:;]["')\]]*(?=\s)|$)/gsu) : [line];
    for (const part of parts) {
      const words = part[0].trim();
      const start = line.index + (part === line ? 0 : part.index) + part[0].indexOf(words);
      if (words !== "") found.push({ start, end: start + words.length });
    }
  }
  return found;
}

function widthAt(text: string, unit: number): number {
  return (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
}
