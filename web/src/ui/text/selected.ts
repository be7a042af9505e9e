import type { Stretch } from "./places";

export interface Selected extends Stretch {
  /** Which text it is in: its `data-text`. */
  readonly within: string;
}

/** What is selected within one markable text, in UTF-16 units of that text. */
export function selected(): Selected | null {
  const selection = document.getSelection();
  if (selection === null || selection.rangeCount === 0 || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const root = textAround(range.commonAncestorContainer);
  if (root === null) return null;
  const start = unitOf(root, range.startContainer, range.startOffset, "start");
  const end = unitOf(root, range.endContainer, range.endOffset, "end");
  return end > start ? { within: root.dataset["text"] ?? "", start, end } : null;
}

function textAround(node: Node): HTMLElement | null {
  const element = node instanceof Element ? node : node.parentElement;
  return element?.closest<HTMLElement>("[data-text]") ?? null;
}

/** Where a place of the page is in the text; within the name of an odd character, at its edge. */
function unitOf(root: HTMLElement, node: Node, offset: number, edge: "start" | "end"): number {
  const piece = (node instanceof Element ? node : node.parentElement)?.closest<HTMLElement>("[data-at]");
  if (piece !== null && piece !== undefined && node.nodeType === Node.TEXT_NODE && root.contains(piece)) {
    const { at, length } = sizeOf(piece);
    if (piece.dataset["odd"] === undefined) return at + offset;
    return edge === "start" ? at : at + length;
  }
  // Between pieces: what stands before this place is known.
  let unit = 0;
  const place = document.createRange();
  place.setStart(node, offset);
  for (const one of root.querySelectorAll<HTMLElement>("[data-at]")) {
    if (place.comparePoint(one, 0) >= 0) break;
    const { at, length } = sizeOf(one);
    unit = at + length;
  }
  return unit;
}

function sizeOf(piece: HTMLElement): { at: number; length: number } {
  return { at: Number(piece.dataset["at"]), length: Number(piece.dataset["length"]) };
}
