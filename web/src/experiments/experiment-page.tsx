import { Button, Menu, Select } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Download } from "lucide-react";
import type { ExperimentWhole } from "~/api/records";
import { Baselines } from "~/ui/baselines";
import { bytes } from "~/ui/figures";
import { Page } from "~/ui/page";
import { given } from "~/ui/search";
import { Failure, Rows } from "~/ui/states";
import { Configuration } from "./configuration";
import { Gates } from "./gates";
import { experimentQuery, resumeExperiment, stopExperiment } from "./queries";
import { RunCurves } from "./run-curves";
import { RunMatrix } from "./run-matrix";
import { SliceHeat } from "./slice-heat";

const route = getRouteApi("/app/experiments/$experiment");

/** One experiment: what was asked, every run's figures, every slice. */
export function ExperimentPage() {
  const { experiment: id } = route.useParams();
  const experiment = useQuery({
    ...experimentQuery(id),
    refetchInterval: ({ state }) => (isActive(state.data) ? 3000 : false),
  });
  if (experiment.data !== undefined) return <Whole whole={experiment.data} />;
  return (
    <Page title="Experiment" path={<Link to="/experiments">Experiments</Link>}>
      {experiment.error !== null ? (
        <Failure error={experiment.error} onRetry={() => void experiment.refetch()} />
      ) : (
        <Rows />
      )}
    </Page>
  );
}

function Whole({ whole }: { readonly whole: ExperimentWhole }) {
  const search = route.useSearch();
  const navigate = useNavigate();
  const scores = [...new Set(whole.metrics.map((metric) => metric.score))].filter((score) => score !== "");
  const score = search.score !== undefined && scores.includes(search.score) ? search.score : mainOf(scores);
  return (
    <Page
      title={whole.experiment.name}
      path={<Link to="/experiments">Experiments</Link>}
      actions={<Actions whole={whole} />}
    >
      <Configuration whole={whole} />
      <RunMatrix
        whole={whole}
        score={score}
        choice={
          scores.length > 1 && (
            <Select
              aria-label="Score"
              w={220}
              searchable
              data={scores}
              value={score ?? null}
              onChange={(chosen) =>
                void navigate({
                  to: "/experiments/$experiment",
                  params: { experiment: whole.experiment.id },
                  search: given({ score: chosen ?? undefined }),
                  replace: true,
                })
              }
            />
          )
        }
      />
      <Gates whole={whole} />
      <SliceHeat whole={whole} score={score} />
      <RunCurves whole={whole} score={score} />
    </Page>
  );
}

function Actions({ whole }: { readonly whole: ExperimentWhole }) {
  const { experiment, runs, artifacts } = whole;
  const queries = useQueryClient();
  const seen = () => queries.invalidateQueries({ queryKey: ["experiment", experiment.id] });
  const stop = useMutation({ mutationFn: () => stopExperiment(experiment.id), onSettled: seen });
  const resume = useMutation({ mutationFn: () => resumeExperiment(experiment.id), onSettled: seen });
  const comparable = runs.filter((run) => run.dataset_id === runs[0]?.dataset_id && run.rubric === runs[0].rubric);
  const resumes = runs.some((run) => run.status === "interrupted" || run.status === "failed");
  return (
    <>
      {comparable.length > 1 && (
        <Button
          renderRoot={(props) => (
            <Link to="/compare" search={{ runs: comparable.map((run) => run.id).join(",") }} {...props} />
          )}
        >
          Compare runs
        </Button>
      )}
      <Baselines runs={runs} />
      <Menu position="bottom-end">
        <Menu.Target>
          <Button leftSection={<Download size={13} aria-hidden />}>Download</Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component="a" href={`/api/experiments/${encodeURIComponent(experiment.id)}/config`} download>
            Configuration as written
          </Menu.Item>
          {artifacts.map((artifact) => (
            <Menu.Item
              key={artifact.id}
              component="a"
              href={`/api/artifacts/${encodeURIComponent(artifact.id)}`}
              download
            >
              {artifact.name} <span className="quiet">{bytes(artifact.size)}</span>
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Button renderRoot={(props) => <Link to="/experiments/new" search={{ from: experiment.id }} {...props} />}>
        Duplicate
      </Button>
      {isActive(whole) && (
        <Button loading={stop.isPending} onClick={() => stop.mutate()}>
          Stop
        </Button>
      )}
      {resumes && (
        <Button variant="filled" loading={resume.isPending} onClick={() => resume.mutate()}>
          Resume
        </Button>
      )}
    </>
  );
}

function isActive(whole: ExperimentWhole | undefined): boolean {
  return whole?.runs.some((run) => run.status === "running" || run.status === "queued") ?? false;
}

/** The score that is no part of another. */
function mainOf(scores: readonly string[]): string | undefined {
  return scores.find((score) => !score.includes("/")) ?? scores[0];
}
