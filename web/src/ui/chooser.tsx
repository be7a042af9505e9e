import type { ReactNode } from "react";
import styles from "./chooser.module.css";
import { useKeys } from "./use-keys";

export interface Choice {
  readonly name: string;
  readonly label: string;
  readonly note?: ReactNode;
  readonly group?: string;
}

interface ChooserProps {
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly chosen: string | undefined;
  readonly onChoose: (name: string) => void;
  readonly children: ReactNode;
}

/** A list at the left, and what is chosen of it in full; `j` and `k` move. */
export function Chooser({ label, choices, chosen, onChoose, children }: ChooserProps) {
  const at = choices.findIndex((choice) => choice.name === chosen);
  const move = (step: number) => {
    const next = choices[Math.max(0, Math.min(choices.length - 1, at + step))];
    if (next !== undefined) onChoose(next.name);
  };
  useKeys({ down: () => move(1), up: () => move(-1) });
  const groups = [...new Set(choices.map((choice) => choice.group ?? ""))];
  return (
    <div className={styles.chooser}>
      <nav className={styles.list} aria-label={label}>
        {groups.map((group) => (
          <div key={group}>
            {group !== "" && <h3>{group}</h3>}
            {choices
              .filter((choice) => (choice.group ?? "") === group)
              .map((choice) => (
                <button
                  key={choice.name}
                  type="button"
                  aria-current={choice.name === chosen}
                  className={styles.choice}
                  onClick={() => onChoose(choice.name)}
                >
                  <span className="clip">{choice.label}</span>
                  {choice.note !== undefined && <span className={styles.note}>{choice.note}</span>}
                </button>
              ))}
          </div>
        ))}
      </nav>
      <div className={styles.detail}>{children}</div>
    </div>
  );
}
