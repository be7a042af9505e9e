import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { nonce } from "../nonce";
import { tags } from "@lezer/highlight";

const COLOURS = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--code-keyword)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  { tag: tags.comment, color: "var(--ink-3)", fontStyle: "italic" },
  { tag: [tags.definition(tags.variableName), tags.className, tags.typeName], color: "var(--code-name)" },
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--code-property)" },
]);

/** Editors in the colours and the type of the page. */
export const LOOK: Extension = [
  EditorView.cspNonce.of(nonce()),
  syntaxHighlighting(COLOURS),
  EditorView.theme({
    "&": { fontSize: "12px", backgroundColor: "var(--sheet)", color: "var(--ink)" },
    "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-1px" },
    ".cm-scroller": { fontFamily: "var(--mono)", fontVariantLigatures: "none", lineHeight: "1.55" },
    ".cm-gutters": { backgroundColor: "var(--sunk)", color: "var(--ink-3)", border: "none" },
    ".cm-content": { caretColor: "var(--ink)" },
    ".cm-cursor": { borderLeftColor: "var(--ink)" },
    ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
    "&.cm-merge-a .cm-changedLine, .cm-deletedChunk": { backgroundColor: "var(--bad-soft) !important" },
    "&.cm-merge-b .cm-changedLine, .cm-inlineChangedLine": { backgroundColor: "var(--good-soft) !important" },
    "&.cm-merge-a .cm-changedText": { background: "none", borderBottom: "2px solid var(--bad)" },
    "&.cm-merge-b .cm-changedText": { background: "none", borderBottom: "2px solid var(--good)" },
    ".cm-collapsedLines": { background: "var(--sunk)", color: "var(--ink-3)" },
    // What it has by itself is in few fonts.
    ".cm-collapsedLines:before, .cm-collapsedLines:after": { content: "'⋯'" },
  }),
];
