import { Check, CircleAlert, Minus, X } from "lucide-react";
import { decimal } from "./figures";
import styles from "./mark.module.css";

export interface Said {
  readonly value: number | null;
  readonly label: string | null;
  readonly error: string | null;
}

/** A verdict: its label or value with a sign; one that could not be reached is never a zero. */
export function Mark({ of }: { readonly of: Said | undefined }) {
  if (of === undefined) return <span className="quiet">–</span>;
  const side = of.error !== null || of.value === null ? "none" : of.value >= 0.5 ? "good" : "bad";
  const Icon = of.error !== null ? CircleAlert : { good: Check, bad: X, none: Minus }[side];
  return (
    <span className={styles.mark} data-side={side} title={of.error ?? undefined}>
      <Icon size={12} aria-hidden />
      {of.error !== null ? "no verdict" : (of.label ?? decimal(of.value))}
    </span>
  );
}
