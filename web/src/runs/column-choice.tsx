import { Button, Checkbox, Popover } from "@mantine/core";
import type { SampleRow } from "~/api/records";
import type { Column } from "~/ui/grid";
import styles from "./runs.module.css";

interface ColumnChoiceProps {
  readonly columns: readonly Column<SampleRow>[];
  readonly shown: readonly string[];
  /** Nothing for those that are usual. */
  readonly onChange: (ids: readonly string[] | undefined) => void;
}

/** Which columns the list has. */
export function ColumnChoice({ columns, shown, onChange }: ColumnChoiceProps) {
  const others = columns.filter(({ id }) => id !== "position");
  const toggle = (id: string) => {
    const next = others.map((column) => column.id).filter((one) => shown.includes(one) !== (one === id));
    onChange(next.length > 0 ? next : ["position"]);
  };
  return (
    <Popover position="bottom-end" withinPortal>
      <Popover.Target>
        <Button size="compact-xs">Columns</Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={styles.columns} role="group" aria-label="Columns">
          {others.map(({ id, header }) => (
            <Checkbox key={id} size="xs" label={header} checked={shown.includes(id)} onChange={() => toggle(id)} />
          ))}
          <Button size="compact-xs" variant="subtle" onClick={() => onChange(undefined)}>
            As usual
          </Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
