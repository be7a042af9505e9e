import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Scale } from "lucide-react";
import type { RunRow } from "~/api/records";
import { count } from "~/ui/figures";
import { Grid } from "~/ui/grid";
import type { Column } from "~/ui/grid";
import { Page, Section } from "~/ui/page";
import { Empty, Failure, Rows } from "~/ui/states";
import { Status } from "~/ui/status";
import { When } from "~/ui/when";
import { judgesQuery } from "./queries";

/** The runs that judge others' answers, among the newest 200 runs. */
export function JudgingsPage() {
  const judges = useQuery(judgesQuery);
  const navigate = useNavigate();
  return (
    <Page
      title="Judges"
      actions={
        <Button leftSection={<Scale size={13} aria-hidden />} renderRoot={(props) => <Link to="/judge" {...props} />}>
          Judge answers
        </Button>
      }
    >
      <Section title="Judge runs" note="Enter shows how one judged">
        {judges.error !== null ? (
          <Failure error={judges.error} onRetry={() => void judges.refetch()} />
        ) : judges.data === undefined ? (
          <Rows />
        ) : (
          <Grid
            label="Judge runs"
            columns={COLUMNS}
            rows={judges.data}
            keyOf={(run) => run.id}
            onOpen={(run) => void navigate({ to: "/judging/$run", params: { run: run.id } })}
            empty={
              <Empty
                says="No judge has looked at any answer yet."
                command="benchbook judge RUN --rubric quality-3 --model rules"
              />
            }
          />
        )}
      </Section>
    </Page>
  );
}

const COLUMNS: readonly Column<RunRow>[] = [
  { id: "status", header: "Status", width: "104px", cell: (run) => <Status of={run.status} /> },
  {
    id: "judge",
    header: "Judge",
    width: "minmax(90px, 1fr)",
    cell: (run) => (
      <Link to="/judging/$run" params={{ run: run.id }} className="link">
        {run.model}
      </Link>
    ),
  },
  { id: "rubric", header: "Rubric", width: "minmax(90px, 1fr)", cell: (run) => run.rubric },
  { id: "task", header: "Task", width: "minmax(100px, 1fr)", wide: true, cell: (run) => run.task },
  { id: "experiment", header: "Experiment", width: "minmax(100px, 1fr)", wide: true, cell: (run) => run.experiment },
  {
    id: "done",
    header: "Judged",
    width: "100px",
    wide: true,
    right: true,
    cell: (run) => `${count(run.done)} / ${count(run.total)}`,
  },
  { id: "when", header: "Made", width: "96px", right: true, wide: true, cell: (run) => <When at={run.created_at} /> },
];
