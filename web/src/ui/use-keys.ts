import { useEffect, useRef } from "react";
import { KEYS } from "./keys";
import type { KeyName, Scope } from "./keys";

type Answers = Partial<Record<KeyName, () => void>>;

interface Listener {
  readonly answers: () => Answers;
}

const PATIENCE = 900;

const listeners: Listener[] = [];
let typed: string[] = [];
let forget: ReturnType<typeof setTimeout> | undefined;
let listening = false;

/** Answers keys of the registry for as long as the component is there; the one that came last answers first. */
export function useKeys(answers: Answers): void {
  const latest = useRef(answers);
  useEffect(() => {
    latest.current = answers;
  });
  useEffect(() => {
    const listener: Listener = { answers: () => latest.current };
    listeners.unshift(listener);
    listen();
    return () => {
      listeners.splice(listeners.indexOf(listener), 1);
    };
  }, []);
}

/** The scopes that something on the page answers now. */
export function activeScopes(): Set<Scope> {
  const names = listeners.flatMap((listener) => Object.keys(listener.answers()) as KeyName[]);
  return new Set(names.map((name) => KEYS[name].scope));
}

function listen(): void {
  if (listening) return;
  listening = true;
  document.addEventListener("keydown", (event) => {
    const stroke = strokeOf(event);
    if (stroke === null) return;
    if (isTyping(event) && !stroke.startsWith("mod+")) return;
    if (answered([...typed, stroke]) || (typed.length > 0 && answered([stroke]))) {
      event.preventDefault();
      typed = [];
      return;
    }
    const sequence = [...typed, stroke];
    typed = begins(sequence) ? sequence : [];
    clearTimeout(forget);
    forget = setTimeout(() => (typed = []), PATIENCE);
  });
}

function answered(sequence: readonly string[]): boolean {
  const keys = sequence.join(" ");
  for (const listener of listeners) {
    for (const [name, answer] of Object.entries(listener.answers())) {
      if (KEYS[name as KeyName].keys === keys) {
        answer();
        return true;
      }
    }
  }
  return false;
}

function begins(sequence: readonly string[]): boolean {
  const start = `${sequence.join(" ")} `;
  return Object.values(KEYS).some((key) => key.keys.startsWith(start));
}

function strokeOf(event: KeyboardEvent): string | null {
  if (event.altKey || event.isComposing || ["Shift", "Control", "Meta", "Alt"].includes(event.key)) return null;
  const mod = event.ctrlKey || event.metaKey;
  return mod ? `mod+${event.key.toLowerCase()}` : event.key;
}

const FIELDS = "input:not([type='checkbox']), textarea, select, [contenteditable='true']";

/** Whether the stroke belongs to a field, a button or a dialogue rather than to the page. */
function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest(`${FIELDS}, [role='dialog']`)) return true;
  return event.key === "Enter" && target.closest("a, button, summary, input") !== null;
}
