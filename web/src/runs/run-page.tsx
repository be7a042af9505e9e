import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { RunWhole } from "~/api/records";
import { count } from "~/ui/figures";
import { BaselineMark, Baselines } from "~/ui/baselines";
import { Page } from "~/ui/page";
import { Failure, Rows } from "~/ui/states";
import { RunStatus } from "~/ui/status";
import { Tabs } from "~/ui/tabs";
import { useKeys } from "~/ui/use-keys";
import { EnvironmentTab } from "./environment-tab";
import { FailuresTab } from "./failures-tab";
import { useRunLive } from "./live";
import { LogTab } from "./log-tab";
import { MetricsTab } from "./metrics-tab";
import { resumeRun, runQuery, stopRun } from "./queries";
import { RunHead } from "./run-head";
import { SamplesTab } from "./samples-tab";
import type { Tab } from "./search";
import { SpecTab } from "./spec-tab";

const route = getRouteApi("/app/runs/$run");

/** One run: how far it is, what came of it, every answer. */
export function RunPage() {
  const { run: id } = route.useParams();
  const run = useQuery(runQuery(id));
  if (run.data !== undefined) return <Whole whole={run.data} />;
  return (
    <Page title="Run" path={<Link to="/runs">Runs</Link>}>
      {run.error !== null ? <Failure error={run.error} onRetry={() => void run.refetch()} /> : <Rows />}
    </Page>
  );
}

function Whole({ whole }: { readonly whole: RunWhole }) {
  const { tab = "samples" } = route.useSearch();
  const navigate = useNavigate();
  const { run, row } = whole;
  const pace = useRunLive(run.id);
  const show = (next: Tab) => void navigate({ to: ".", search: (search) => ({ ...search, tab: next }), replace: true });
  const failures = whole.failures.reduce((sum, one) => sum + one.n, 0);
  return (
    <Page
      title={row.model}
      beside={
        <>
          <span className="quiet">on {row.task}</span>
          <RunStatus of={row} />
          <BaselineMark run={row.id} />
        </>
      }
      path={
        <>
          <Link to="/runs">Runs</Link> /
          <Link to="/experiments/$experiment" params={{ experiment: row.experiment_id }}>
            {row.experiment}
          </Link>
        </>
      }
      actions={<Actions whole={whole} />}
    >
      <RunHead whole={whole} pace={pace} />
      <Tabs
        value={tab}
        onChange={show}
        tabs={[
          { value: "samples", name: "Samples" },
          { value: "metrics", name: "Metrics" },
          { value: "failures", name: `Failures (${count(failures)})` },
          { value: "log", name: "Log" },
          { value: "environment", name: "Environment" },
          { value: "spec", name: "Configuration" },
        ]}
      >
        {tab === "samples" && <SamplesTab whole={whole} />}
        {tab === "metrics" && <MetricsTab whole={whole} />}
        {tab === "failures" && <FailuresTab whole={whole} />}
        {tab === "log" && <LogTab run={run.id} active={row.status === "running"} />}
        {tab === "environment" && <EnvironmentTab whole={whole} />}
        {tab === "spec" && <SpecTab whole={whole} />}
      </Tabs>
    </Page>
  );
}

function Actions({ whole: { row, failures } }: { readonly whole: RunWhole }) {
  const queries = useQueryClient();
  const seen = () => queries.invalidateQueries({ queryKey: ["run", row.id] });
  const stop = useMutation({ mutationFn: () => stopRun(row.id), onSettled: seen });
  const resume = useMutation({ mutationFn: () => resumeRun(row.id), onSettled: seen });
  const stops = !row.broken_off && ["running", "queued"].includes(row.status);
  const ended = row.broken_off || ["interrupted", "failed"].includes(row.status);
  const resumes = ended || (row.status === "completed" && failures.length > 0);
  useKeys({
    ...(stops && { stop: () => stop.mutate() }),
    ...(resumes && { resume: () => resume.mutate() }),
  });
  return (
    <>
      <Button renderRoot={(props) => <Link to="/compare" search={{ runs: row.id }} {...props} />}>Compare</Button>
      <Baselines runs={[row]} />
      {row.rubric !== null && (
        <Button renderRoot={(props) => <Link to="/judging/$run" params={{ run: row.id }} {...props} />}>
          How it judged
        </Button>
      )}
      {stops && (
        <Button loading={stop.isPending} onClick={() => stop.mutate()}>
          Stop
        </Button>
      )}
      {resumes && (
        <Button variant="filled" loading={resume.isPending} onClick={() => resume.mutate()}>
          {row.status === "completed" ? "Try failed samples again" : "Resume"}
        </Button>
      )}
    </>
  );
}
