import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { RunLine } from "~/api/records";
import { count, lasted, money, seconds } from "~/ui/figures";
import { Chip, Filter, Filters } from "~/ui/filters";
import { PagedGrid } from "~/ui/grid";
import type { Column } from "~/ui/grid";
import { Page, Section } from "~/ui/page";
import { given } from "~/ui/search";
import { Empty, Unmatched } from "~/ui/states";
import { Progress, RunStatus } from "~/ui/status";
import { useKeys } from "~/ui/use-keys";
import { When } from "~/ui/when";
import { runsQuery } from "./queries";
import { STATUSES } from "./search";
import type { RunsSearch } from "./search";

const route = getRouteApi("/app/runs");

/** Every run, the newest first; marked ones can be compared. */
export function RunsPage() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const runs = useInfiniteQuery(runsQuery(search));
  const compare = () => void navigate({ to: "/compare", search: { runs: [...marked].join(",") } });
  useKeys(marked.size >= 2 ? { compareMarked: compare } : {});
  const filter = (change: RunsSearch) => void navigate({ to: "/runs", search: given({ ...search, ...change }) });
  return (
    <Page
      title="Runs"
      actions={
        <Button disabled={marked.size < 2} onClick={compare}>
          Compare {marked.size > 0 ? count(marked.size) : ""} marked
        </Button>
      }
    >
      <div>
        <Filters>
          <Filter label="Status" values={STATUSES} value={search.status} onChange={(status) => filter({ status })} />
          {(["model", "task", "experiment"] as const).map((name) => {
            const value = search[name];
            return value === undefined ? null : (
              <Chip key={name} name={name} value={value} onRemove={() => filter({ [name]: undefined })} />
            );
          })}
        </Filters>
        <Section title="All runs" note="x marks a run, c compares what is marked">
          <PagedGrid
            list={runs}
            label="Runs"
            columns={COLUMNS}
            keyOf={(run) => run.id}
            marked={marked}
            onMark={(run) => setMarked(toggled(marked, run.id))}
            onOpen={(run) => void navigate({ to: "/runs/$run", params: { run: run.id } })}
            empty={
              Object.keys(search).length > 0 ? (
                <Unmatched says="No run is like that." onShowAll={() => void navigate({ to: "/runs" })} />
              ) : (
                <Empty says="There is no run yet." command="benchbook eval configs/eval_v1.yaml" />
              )
            }
          />
        </Section>
      </div>
    </Page>
  );
}

const COLUMNS: readonly Column<RunLine>[] = [
  { id: "status", header: "Status", width: "96px", cell: (run) => <RunStatus of={run} /> },
  {
    id: "model",
    header: "Model",
    width: "minmax(110px, 1.6fr)",
    cell: (run) => (
      <Link to="/runs/$run" params={{ run: run.id }} className="link">
        {run.model}
      </Link>
    ),
  },
  {
    id: "task",
    header: "Task",
    width: "minmax(90px, 1fr)",
    wide: true,
    cell: (run) => (run.rubric === null ? run.task : `${run.task} · judged by ${run.rubric}`),
  },
  {
    id: "experiment",
    header: "Experiment",
    width: "minmax(110px, 1.2fr)",
    wide: true,
    cell: (run) => (
      <Link to="/experiments/$experiment" params={{ experiment: run.experiment_id }} className="link">
        {run.experiment}
      </Link>
    ),
  },
  {
    id: "progress",
    header: "Progress",
    width: "58px",
    wide: true,
    cell: (run) => (
      <Progress done={run.done + run.failed} failed={run.failed} total={run.total} label={`Progress of ${run.model}`} />
    ),
  },
  {
    id: "done",
    header: "Answers",
    width: "90px",
    right: true,
    cell: (run) => `${count(run.done)} / ${count(run.total)}`,
  },
  {
    id: "failed",
    header: "Failed",
    width: "48px",
    right: true,
    wide: true,
    cell: (run) => (run.failed > 0 ? <span style={{ color: "var(--bad)" }}>{count(run.failed)}</span> : "0"),
  },
  { id: "cost", header: "Cost", width: "56px", right: true, wide: true, cell: (run) => money(run.cost) },
  {
    id: "took",
    header: "Took",
    width: "80px",
    right: true,
    wide: true,
    cell: (run) => seconds(lasted(run)),
  },
  { id: "when", header: "Made", width: "90px", right: true, wide: true, cell: (run) => <When at={run.created_at} /> },
];

function toggled(marked: ReadonlySet<string>, id: string): ReadonlySet<string> {
  return new Set(marked.has(id) ? [...marked].filter((one) => one !== id) : [...marked, id]);
}
