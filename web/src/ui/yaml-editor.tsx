import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, keymap, lineNumbers } from "@codemirror/view";
import type { DecorationSet } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { LOOK } from "./text/editor-look";

interface YamlEditorProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** The line where something is wrong, from 1. */
  readonly wrong: number | null;
}

/** A config, to be written. Tab indents; Escape and then Tab leaves. */
export default function YamlEditor({ label, value, onChange, wrong }: YamlEditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const report = useRef(onChange);
  useEffect(() => {
    report.current = onChange;
  });
  useEffect(() => {
    if (place.current === null) return;
    const made = new EditorView({
      state: EditorState.create({ extensions: extensionsFor(label, (text) => report.current(text)) }),
      parent: place.current,
    });
    view.current = made;
    return () => made.destroy();
  }, [label]);
  useEffect(() => {
    const editor = view.current;
    if (editor === null || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value, label]);
  useEffect(() => {
    view.current?.dispatch({ effects: MARK.of(wrong) });
  }, [wrong, label]);
  return <div ref={place} />;
}

const MARK = StateEffect.define<number | null>();

const MARKED = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(before, { state, effects, changes }) {
    const set = effects.find((effect) => effect.is(MARK));
    if (set === undefined) return before.map(changes);
    const line = set.value;
    if (line === null || line < 1 || line > state.doc.lines) return Decoration.none;
    return Decoration.set([Decoration.line({ class: "cm-wrong" }).range(state.doc.line(line).from)]);
  },
  provide: (field) => EditorView.decorations.from(field),
});

function extensionsFor(label: string, onChange: (text: string) => void) {
  return [
    lineNumbers(),
    history(),
    yaml(),
    keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
    EditorView.contentAttributes.of({ "aria-label": label }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) onChange(update.state.doc.toString());
    }),
    EditorView.theme({ ".cm-scroller": { minHeight: "340px" }, ".cm-wrong": { backgroundColor: "var(--bad-soft)" } }),
    MARKED,
    LOOK,
  ];
}
