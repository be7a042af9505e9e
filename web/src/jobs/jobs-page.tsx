import { Button } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Scale } from "lucide-react";
import type { Job } from "~/api/records";
import { lasted, seconds } from "~/ui/figures";
import { Filter, Filters } from "~/ui/filters";
import { PagedGrid } from "~/ui/grid";
import type { Column } from "~/ui/grid";
import { Page, Section } from "~/ui/page";
import { given } from "~/ui/search";
import { Empty, Unmatched } from "~/ui/states";
import { Status } from "~/ui/status";
import { Visible } from "~/ui/text/plain-text";
import { When } from "~/ui/when";
import { aboutOf, cancel, isOpen, jobsQuery } from "./queries";
import { KINDS, STATUSES } from "./search";
import type { JobsSearch } from "./search";

const route = getRouteApi("/app/jobs");

const NAMES: Readonly<Record<Job["kind"], string>> = {
  evaluate: "judge answers",
  ingest: "take in a file",
  run: "carry out a run",
};

/** What waits for a worker, what is being done, what came of it; the newest first. */
export function JobsPage() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const jobs = useInfiniteQuery(jobsQuery(search));
  const filter = (change: JobsSearch) => void navigate({ to: "/jobs", search: given({ ...search, ...change }) });
  const open = (job: Job) => {
    if (job.kind === "run") void navigate({ to: "/runs/$run", params: { run: job.subject } });
    else void navigate({ to: "/jobs/$job", params: { job: job.id } });
  };
  return (
    <Page
      title="Jobs"
      actions={
        <Button leftSection={<Scale size={13} aria-hidden />} renderRoot={(props) => <Link to="/judge" {...props} />}>
          Judge answers
        </Button>
      }
    >
      <div>
        <Filters>
          <Filter
            label="Kind"
            width={160}
            values={KINDS}
            value={search.kind}
            name={(kind) => NAMES[kind]}
            onChange={(kind) => filter({ kind })}
          />
          <Filter label="Status" values={STATUSES} value={search.status} onChange={(status) => filter({ status })} />
        </Filters>
        <Section title="All jobs" note="Enter shows what came of one">
          <PagedGrid
            list={jobs}
            label="Jobs"
            columns={COLUMNS}
            keyOf={(job) => job.id}
            onOpen={open}
            empty={
              Object.keys(search).length > 0 ? (
                <Unmatched says="No job is like that." onShowAll={() => void navigate({ to: "/jobs" })} />
              ) : (
                <Empty
                  says="There is no job yet. Jobs are runs that are started here, files that are sent, answers that are sent to be judged."
                  action={<Button renderRoot={(props) => <Link to="/judge" {...props} />}>Judge answers</Button>}
                />
              )
            }
          />
        </Section>
      </div>
    </Page>
  );
}

function Cancel({ job }: { readonly job: Job }) {
  const queries = useQueryClient();
  const stop = useMutation({
    mutationFn: () => cancel(job.id),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["jobs"] }),
  });
  if (!isOpen(job)) return null;
  return (
    <Button
      size="compact-xs"
      variant="subtle"
      disabled={job.stop_requested}
      loading={stop.isPending}
      aria-label={`Cancel ${job.id}`}
      onClick={() => stop.mutate()}
    >
      {job.stop_requested ? "Stopping" : "Cancel"}
    </Button>
  );
}

const COLUMNS: readonly Column<Job>[] = [
  { id: "status", header: "Status", width: "104px", cell: (job) => <Status of={job.status} /> },
  {
    id: "title",
    header: "About",
    width: "minmax(150px, 2.4fr)",
    cell: (job) =>
      job.kind === "run" ? (
        <Link to="/runs/$run" params={{ run: job.subject }} className="link">
          <Visible text={aboutOf(job)} />
        </Link>
      ) : (
        <Link to="/jobs/$job" params={{ job: job.id }} className="link">
          <Visible text={aboutOf(job)} />
        </Link>
      ),
  },
  { id: "kind", header: "To do", width: "130px", wide: true, cell: (job) => NAMES[job.kind] },
  { id: "error", header: "Error", width: "minmax(120px, 1.2fr)", wide: true, cell: (job) => job.error ?? "" },
  { id: "attempt", header: "Attempt", width: "70px", right: true, wide: true, cell: (job) => job.attempt },
  { id: "took", header: "Took", width: "80px", right: true, wide: true, cell: (job) => seconds(lasted(job)) },
  { id: "when", header: "Asked", width: "90px", right: true, wide: true, cell: (job) => <When at={job.created_at} /> },
  { id: "cancel", header: "", width: "84px", right: true, cell: (job) => <Cancel job={job} /> },
];
