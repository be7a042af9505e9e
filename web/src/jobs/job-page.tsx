import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect } from "react";
import type { ReactNode } from "react";
import type { Job } from "~/api/records";
import { Facts, Page, Section } from "~/ui/page";
import { Failure, Rows } from "~/ui/states";
import { Status } from "~/ui/status";
import { PlainText, Visible } from "~/ui/text/plain-text";
import { When } from "~/ui/when";
import { evaluatedIn } from "./evaluated";
import { Evaluation } from "./evaluation";
import { Ingested } from "./ingested";
import { aboutOf, cancel, isOpen, jobQuery } from "./queries";
import styles from "./jobs.module.css";

const route = getRouteApi("/app/jobs/$job");

const TITLES: Readonly<Record<Job["kind"], string>> = {
  evaluate: "Judged answers",
  ingest: "Ingested file",
  run: "Run",
};

/** One job: how far it is, and what came of it. */
export function JobPage() {
  const { job: id } = route.useParams();
  const job = useQuery(jobQuery(id));
  useOver(job.data);
  if (job.data !== undefined) return <Whole job={job.data} />;
  return (
    <Page title="Job" path={<Link to="/jobs">Jobs</Link>}>
      {job.error !== null ? <Failure error={job.error} onRetry={() => void job.refetch()} /> : <Rows />}
    </Page>
  );
}

function Whole({ job }: { readonly job: Job }) {
  return (
    <Page
      title={TITLES[job.kind]}
      path={<Link to="/jobs">Jobs</Link>}
      beside={<Status of={job.status} />}
      actions={
        <>
          {isOpen(job) && <Cancel job={job} />}
          {job.kind === "evaluate" && (
            <Button renderRoot={(props) => <Link to="/judge" search={{ from: job.id }} {...props} />}>
              Judge again, with changes
            </Button>
          )}
        </>
      }
    >
      {isOpen(job) && (
        <div role="status" className={styles.waiting}>
          {job.stop_requested
            ? "It stops as soon as what is in flight is done."
            : job.status === "queued"
              ? "It waits for a worker."
              : "A worker is at it; this page shows what comes of it."}
        </div>
      )}
      {job.error !== null && (
        <div role="alert" className={styles.error}>
          <PlainText text={job.error} prose />
        </div>
      )}
      <Section title="Job">
        <Facts facts={factsOf(job)} />
      </Section>
      {job.result !== null && <Result job={job} result={job.result} />}
    </Page>
  );
}

function Result({ job, result }: { readonly job: Job; readonly result: NonNullable<Job["result"]> }) {
  const { mark } = route.useSearch();
  if (job.kind === "ingest") return <Ingested job={job} result={result} />;
  if (job.kind === "evaluate") return <Evaluation job={job} whole={evaluatedIn(result)} marked={mark} />;
  return null;
}

function Cancel({ job }: { readonly job: Job }) {
  const queries = useQueryClient();
  const stop = useMutation({
    mutationFn: () => cancel(job.id),
    onSuccess: (next) => queries.setQueryData(["job", job.id], next),
  });
  return (
    <Button disabled={job.stop_requested} loading={stop.isPending} onClick={() => stop.mutate()}>
      Cancel
    </Button>
  );
}

/** Once it is over, the lists that it has grown are read again. */
function useOver(job: Job | undefined): void {
  const queries = useQueryClient();
  const over = job !== undefined && !isOpen(job);
  useEffect(() => {
    if (!over) return;
    for (const name of ["jobs", "datasets", "runs", "experiments", "overview"]) {
      void queries.invalidateQueries({ queryKey: [name] });
    }
  }, [queries, over]);
}

function factsOf(job: Job): readonly (readonly [string, ReactNode])[] {
  return [
    ["Asked", <When key="asked" at={job.created_at} />],
    ["Begun", <When key="begun" at={job.started_at} />],
    ["Over", <When key="over" at={job.finished_at} />],
    ["Attempts", job.attempt],
    [
      "About",
      job.kind === "run" ? (
        <Link key="about" to="/runs/$run" params={{ run: job.subject }} className="link">
          <Visible text={aboutOf(job)} />
        </Link>
      ) : (
        <Visible key="about" text={aboutOf(job)} />
      ),
    ],
    ["Id", <code key="id">{job.id}</code>],
  ];
}
