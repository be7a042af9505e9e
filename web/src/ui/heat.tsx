import type { ReactNode } from "react";
import styles from "./heat.module.css";
import { formatted, intervalOf, isShare } from "./figure";
import type { Measured } from "./figure";
import { count } from "./figures";

export interface HeatRow {
  readonly name: string;
  readonly cells: readonly (Measured | null)[];
}

interface HeatProps {
  readonly label: string;
  readonly corner: string;
  readonly columns: readonly { readonly id: string; readonly head: ReactNode }[];
  readonly rows: readonly HeatRow[];
  readonly onPick?: (row: string, column: string) => void;
}

/** A table of shares, the higher the stronger; each cell with its interval and n. */
export function Heat({ label, corner, columns, rows, onPick }: HeatProps) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard
    <div className={styles.scroller} tabIndex={0} role="region" aria-label={label}>
      <table className={styles.heat}>
        <thead>
          <tr>
            <th scope="col">{corner}</th>
            {columns.map((column) => (
              <th key={column.id} scope="col">
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row">{row.name}</th>
              {row.cells.map((cell, index) => {
                const column = columns[index]?.id ?? "";
                return <Cell key={column} of={cell} onPick={onPick && (() => onPick(row.name, column))} />;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ of, onPick }: { readonly of: Measured | null; readonly onPick: (() => void) | undefined }) {
  if (of?.value === null || of === null) return <td className="quiet">–</td>;
  const interval = intervalOf(of);
  const strength = isShare(of.name) ? 0.04 + 0.38 * Math.max(0, Math.min(1, of.value)) : 0;
  const inside = (
    <>
      <strong>{formatted(of.name, of.value)}</strong>{" "}
      <span className={styles.small}>
        {interval !== null && `${interval} `}(n {count(of.n)})
      </span>
    </>
  );
  return (
    <td style={{ background: `rgba(var(--heat), ${strength})` }}>
      {onPick === undefined ? (
        inside
      ) : (
        <button type="button" className={styles.pick} onClick={onPick}>
          {inside}
        </button>
      )}
    </td>
  );
}
