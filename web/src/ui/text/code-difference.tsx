import { python } from "@codemirror/lang-python";
import { MergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { visible } from "./odd";
import { LOOK } from "./editor-look";

const MOST = 200_000;

interface CodeDifferenceProps {
  readonly before: string;
  readonly after: string;
}

/** Two programs side by side, with what changed marked, and what did not folded away. */
export default function CodeDifference({ before, after }: CodeDifferenceProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (place.current === null) return;
    const view = new MergeView({
      a: { doc: shown(before), extensions: EXTENSIONS },
      b: { doc: shown(after), extensions: EXTENSIONS },
      parent: place.current,
      collapseUnchanged: { margin: 3, minSize: 6 },
      diffConfig: { scanLimit: 1000, timeout: 1500 },
    });
    return () => view.destroy();
  }, [before, after]);
  return <div ref={place} />;
}

const EXTENSIONS = [
  lineNumbers(),
  python(),
  EditorView.lineWrapping,
  EditorView.editable.of(false),
  EditorState.readOnly.of(true),
  EditorView.contentAttributes.of({ tabindex: "0", "aria-label": "Program", "aria-readonly": "true" }),
  LOOK,
];

function shown(text: string): string {
  return visible(text.slice(0, MOST));
}
