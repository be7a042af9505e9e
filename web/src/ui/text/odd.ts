/** Characters that would not be seen, or would turn round what is: shown by name wherever a model's text stands. */

/* eslint-disable no-control-regex, no-misleading-character-class -- these are what we look for */
// prettier-ignore
const ODD = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}\ud800-\udfff]/gu;
/* eslint-enable */

const CONTROLS =
  "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US".split(
    " ",
  );

const NAMES: Readonly<Record<number, string>> = {
  0x007f: "DEL",
  0x00ad: "SHY",
  0x061c: "ALM",
  0x200b: "ZWSP",
  0x200c: "ZWNJ",
  0x200d: "ZWJ",
  0x200e: "LRM",
  0x200f: "RLM",
  0x2028: "LS",
  0x2029: "PS",
  0x202a: "LRE",
  0x202b: "RLE",
  0x202c: "PDF",
  0x202d: "LRO",
  0x202e: "RLO",
  0x2060: "WJ",
  0x2066: "LRI",
  0x2067: "RLI",
  0x2068: "FSI",
  0x2069: "PDI",
  0xfeff: "BOM",
};

export interface Piece {
  readonly text: string;
  /** What the odd character is, or null for text as it is. */
  readonly odd: string | null;
}

/** The text in pieces, in its order: as it is, or one odd character with its name. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(ODD)) {
    const code = match[0].codePointAt(0) ?? 0;
    if (code === 0x200d && joinsPictures(text, match.index)) continue;
    if (code === 0x0d && text[match.index + 1] === "\n") continue;
    if (match.index > end) found.push({ text: text.slice(end, match.index), odd: null });
    found.push({ text: match[0], odd: nameOf(code) });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ text: text.slice(end), odd: null });
  return found;
}

/** The text with each odd character as its name in brackets, for renderers that take plain text. */
export function visible(text: string): string {
  return pieces(text)
    .map((piece) => (piece.odd === null ? piece.text : `⟦${piece.odd}⟧`))
    .join("");
}

function nameOf(code: number): string {
  if (code < 0x20) return CONTROLS[code] ?? "";
  return NAMES[code] ?? `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

function joinsPictures(text: string, index: number): boolean {
  return (
    /[\p{Extended_Pictographic}\u{fe0f}\p{Emoji_Modifier}]$/u.test(text.slice(Math.max(0, index - 2), index)) &&
    /^\p{Extended_Pictographic}/u.test(text.slice(index + 1, index + 3))
  );
}
