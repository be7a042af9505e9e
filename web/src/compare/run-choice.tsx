import { MultiSelect, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { RunRow } from "~/api/records";
import { candidatesQuery } from "./queries";
import styles from "./compare.module.css";

interface RunChoiceProps {
  readonly ids: readonly string[];
  readonly onChange: (ids: readonly string[]) => void;
}

/** The base, and what is held against it: runs that were asked the same. */
export function RunChoice({ ids, onChange }: RunChoiceProps) {
  const { data: runs = [] } = useQuery(candidatesQuery);
  const [base, ...others] = ids;
  const dataset = runs.find((run) => run.id === base)?.dataset_id;
  const alike = runs.filter((run) => run.id !== base && (dataset === undefined || run.dataset_id === dataset));
  return (
    <div className={styles.choice}>
      <Select
        label="Base"
        placeholder="A run"
        searchable
        clearable
        data={options(runs, base === undefined ? [] : [base])}
        value={base ?? null}
        onChange={(id) => onChange(id === null ? [] : [id, ...others.filter((other) => other !== id)])}
      />
      <MultiSelect
        label="Against it"
        size="xs"
        placeholder={others.length === 0 ? "One or more runs on the same data set" : undefined}
        searchable
        disabled={base === undefined}
        data={options(alike, others)}
        value={others}
        onChange={(chosen) => onChange(base === undefined ? chosen : [base, ...chosen])}
      />
    </div>
  );
}

/** Runs as choices; those that are chosen are among them even if the list does not reach so far. */
function options(runs: readonly RunRow[], chosen: readonly string[]): { value: string; label: string }[] {
  const known = runs.map((run) => ({ value: run.id, label: named(run) }));
  const ids = new Set(runs.map((run) => run.id));
  return [...known, ...chosen.filter((id) => !ids.has(id)).map((id) => ({ value: id, label: id }))];
}

function named(run: RunRow): string {
  const judged = run.rubric === null ? "" : `, judged by ${run.rubric}`;
  return `${run.model} on ${run.task}${judged} · ${run.experiment} · ${run.id.slice(-6)}`;
}
