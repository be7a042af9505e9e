import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { ExperimentRow } from "~/api/records";
import { count, money } from "~/ui/figures";
import { Filters } from "~/ui/filters";
import { PagedGrid } from "~/ui/grid";
import type { Column } from "~/ui/grid";
import { Page, Section } from "~/ui/page";
import { SearchField } from "~/ui/search-field";
import { given } from "~/ui/search";
import { Empty } from "~/ui/states";
import { Progress, Status } from "~/ui/status";
import { When } from "~/ui/when";
import { experimentsQuery } from "./queries";

const route = getRouteApi("/app/experiments");

/** Every experiment, the newest first. */
export function ExperimentsPage() {
  const { q } = route.useSearch();
  const navigate = useNavigate();
  const experiments = useInfiniteQuery(experimentsQuery(q));
  return (
    <Page
      title="Experiments"
      actions={
        <Button variant="filled" renderRoot={(props) => <Link to="/experiments/new" {...props} />}>
          New experiment
        </Button>
      }
    >
      <div>
        <Filters>
          <SearchField
            label="Search by name"
            value={q}
            onChange={(text) => void navigate({ to: "/experiments", search: given({ q: text }), replace: true })}
          />
        </Filters>
        <Section title={q === undefined ? "All experiments" : "Experiments found"}>
          <PagedGrid
            list={experiments}
            label="Experiments"
            columns={COLUMNS}
            keyOf={(one) => one.id}
            onOpen={(one) => void navigate({ to: "/experiments/$experiment", params: { experiment: one.id } })}
            empty={
              <Empty
                says={q === undefined ? "There is no experiment yet." : `No experiment has “${q}” in its name.`}
                {...(q === undefined && { command: "benchbook eval configs/eval_v1.yaml" })}
              />
            }
          />
        </Section>
      </div>
    </Page>
  );
}

const COLUMNS: readonly Column<ExperimentRow>[] = [
  {
    id: "name",
    header: "Name",
    width: "minmax(140px, 2fr)",
    cell: (one) => (
      <Link to="/experiments/$experiment" params={{ experiment: one.id }} className="link">
        {one.name}
      </Link>
    ),
  },
  {
    id: "runs",
    header: "Runs",
    width: "minmax(120px, 1.4fr)",
    cell: (one) =>
      Object.entries(one.statuses).map(([status, runs]) => (
        <span key={status} style={{ marginRight: 6 }}>
          {runs > 1 && <span className="quiet">{runs} × </span>}
          <Status of={status} />
        </span>
      )),
  },
  {
    id: "progress",
    header: "Progress",
    width: "110px",
    wide: true,
    cell: (one) => (
      <Progress done={one.done + one.failed} failed={one.failed} total={one.total} label={`Progress of ${one.name}`} />
    ),
  },
  {
    id: "done",
    header: "Answers",
    width: "110px",
    wide: true,
    right: true,
    cell: (one) => `${count(one.done)} / ${count(one.total)}`,
  },
  {
    id: "failed",
    header: "Failed",
    width: "60px",
    right: true,
    wide: true,
    cell: (one) => (one.failed > 0 ? <span style={{ color: "var(--bad)" }}>{count(one.failed)}</span> : "0"),
  },
  { id: "cost", header: "Cost", width: "80px", right: true, wide: true, cell: (one) => money(one.cost) },
  { id: "when", header: "Made", width: "96px", right: true, wide: true, cell: (one) => <When at={one.created_at} /> },
];
