import { Check, ChevronRight, CircleAlert, Minus, X } from "lucide-react";
import { decimal } from "./figures";
import { visible } from "./text/odd";
import styles from "./mark.module.css";

const SIGNS = { good: Check, bad: X, none: Minus, choice: ChevronRight } as const;

const CHOICES = ["first", "second", "tie", "both_bad", "prefers this answer", "prefers the other"];

export interface Said {
  readonly value: number | null;
  readonly label: string | null;
  readonly error: string | null;
}

/** A verdict: its label or value with a sign; one that could not be reached is never a zero. */
export function Mark({ of }: { readonly of: Said | undefined }) {
  if (of === undefined) return <span className="quiet">–</span>;
  const side = sideOf(of);
  const Icon = of.error !== null ? CircleAlert : SIGNS[side];
  return (
    <span className={styles.mark} data-side={side} title={of.error === null ? undefined : visible(of.error)}>
      <Icon size={12} aria-hidden />
      {of.error !== null
        ? "no verdict"
        : of.label === null
          ? decimal(of.value)
          : visible(of.label.replaceAll("_", " "))}
    </span>
  );
}

/** A preference is neither good nor bad. */
function sideOf({ value, label, error }: Said): keyof typeof SIGNS {
  if (error !== null || value === null) return "none";
  if (label !== null && CHOICES.includes(label)) return "choice";
  return value >= 0.5 ? "good" : "bad";
}
