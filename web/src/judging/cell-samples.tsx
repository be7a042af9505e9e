import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { JudgeAgreement } from "~/api/records";
import { Grid, PagedGrid } from "~/ui/grid";
import type { Column } from "~/ui/grid";
import { Empty } from "~/ui/states";
import { Visible } from "~/ui/text/plain-text";
import { cellQuery } from "./queries";
import styles from "./judging.module.css";

type Cell = JudgeAgreement["cells"][number];
type Judged = Cell["items"][number];

interface CellSamplesProps {
  readonly run: string;
  readonly of: JudgeAgreement;
  readonly cell: Cell;
}

/** Every sample of a cell, also where there are thousands: the first are there at once. */
export function CellSamples({ run, of: { criterion, judge, reference }, cell }: CellSamplesProps) {
  const navigate = useNavigate();
  const known = cell.items.length >= cell.n;
  const all = useInfiniteQuery({
    ...cellQuery(run, [criterion, judge, reference, cell.judge, cell.reference]),
    enabled: !known,
    placeholderData: { pages: [{ items: [...cell.items] }], pageParams: [null] },
  });
  const grid = {
    label: `Where ${judge} said ${cell.judge} and ${reference} said ${cell.reference}`,
    columns: COLUMNS,
    keyOf: ({ first, second }: Judged) => `${keyOf(first)} ${second === null ? "" : keyOf(second)}`,
    height: "min(40vh, 420px)",
    onOpen: (judged: Judged) => void navigate(sampleOf(judged)),
    empty: <Empty says="Nothing is in this cell any more." />,
  };
  return (
    <>
      <p className={styles.places}>
        {judge} said {cell.judge}, {reference} said {cell.reference}:
      </p>
      {known ? <Grid {...grid} rows={cell.items} /> : <PagedGrid {...grid} list={all} />}
    </>
  );
}

function keyOf({ run_id, position, epoch }: Judged["first"]): string {
  return `${run_id} ${position} ${epoch}`;
}

const COLUMNS: readonly Column<Judged>[] = [
  {
    id: "position",
    header: "#",
    width: "64px",
    cell: (judged) => (
      <Link {...sampleOf(judged)} className="link">
        {judged.first.position + 1}
      </Link>
    ),
  },
  { id: "key", header: "Sample", width: "minmax(120px, 1fr)", cell: ({ first }) => <Visible text={first.key} /> },
];

/** The answer, and beside it the other one if two were compared. */
function sampleOf({ first, second }: Judged) {
  return {
    to: "/runs/$run/samples/$position/$epoch",
    params: { run: first.run_id, position: String(first.position), epoch: String(first.epoch) },
    search: second === null ? {} : { with: second.run_id },
  } as const;
}
