import { X } from "lucide-react";
import { Link } from "@tanstack/react-router";
import type { RunWhole, SampleRow } from "~/api/records";
import { sampleFilters } from "~/ui/sample-list";
import { count, money, seconds } from "~/ui/figures";
import type { Column } from "~/ui/grid";
import { Mark } from "~/ui/mark";
import { Visible } from "~/ui/text/plain-text";
import { facetsOf } from "./facets";
import styles from "./runs.module.css";

const SCORES = 4;

const SLICES: Column<SampleRow> = {
  id: "slices",
  header: "Slice",
  width: "88px",
  wide: true,
  cell: (row) => row.slices.join(", "),
};

/** What can be shown of each answer of the run. */
export function columnsFor(whole: RunWhole): readonly Column<SampleRow>[] {
  const { run, dataset } = whole;
  const epochs = run.spec.task.epochs > 1;
  return [
    {
      id: "position",
      header: "#",
      width: epochs ? "74px" : "52px",
      sort: "position",
      cell: ({ position, epoch }) => (
        <Link
          to="/runs/$run/samples/$position/$epoch"
          params={{ run: run.id, position: String(position), epoch: String(epoch) }}
          search={sampleFilters}
          className="link"
        >
          {position + 1}
          {epochs && ` · ${epoch}`}
        </Link>
      ),
    },
    {
      id: "key",
      header: "Sample",
      width: "minmax(84px, 0.8fr)",
      wide: true,
      cell: (row) => <Visible text={row.key} />,
    },
    {
      id: "input",
      header: "Prompt",
      width: "minmax(120px, 1.2fr)",
      wide: true,
      cell: (row) => <Visible text={row.input} />,
    },
    { id: "output", header: "Answer", width: "minmax(120px, 1.5fr)", cell: (row) => <AnswerCell row={row} /> },
    ...facetsOf(whole).map((facet): Column<SampleRow> => ({
      id: `score:${facet.name}`,
      header: facet.name,
      width: "minmax(84px, 0.5fr)",
      sort: `score:${facet.name}`,
      cell: (row) => <Mark of={row.scores[facet.name]} />,
    })),
    ...(dataset.slices.length > 0 ? [SLICES] : []),
    { id: "tokens", header: "Tokens", width: "52px", right: true, wide: true, cell: (row) => count(row.tokens) },
    {
      id: "latency",
      header: "Latency",
      width: "64px",
      right: true,
      wide: true,
      sort: "latency",
      cell: (row) => (row.cached ? <span className="quiet">cached</span> : seconds(row.latency_s)),
    },
    {
      id: "cost",
      header: "Cost",
      width: "56px",
      right: true,
      wide: true,
      sort: "cost",
      cell: (row) => money(row.cost),
    },
  ];
}

/** Those that are shown unless others are chosen: of many scores the first, and none of their criteria. */
export function usualOf(columns: readonly Column<SampleRow>[]): string[] {
  const scores = columns
    .filter((column) => column.id.startsWith("score:") && !column.id.includes("/"))
    .slice(0, SCORES);
  return columns.filter((column) => !column.id.startsWith("score:") || scores.includes(column)).map(({ id }) => id);
}

function AnswerCell({ row }: { readonly row: SampleRow }) {
  if (row.error !== null) {
    return (
      <span className={styles.failed}>
        <X size={12} aria-label="failed" />
        <Visible text={row.error} />
      </span>
    );
  }
  return (
    <>
      {row.stop_reason === "length" && <span className="quiet">[cut off] </span>}
      <Visible text={row.output} />
    </>
  );
}
