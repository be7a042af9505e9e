import type { ExperimentWhole } from "~/api/records";
import { count, money } from "~/ui/figures";
import { Facts, Section } from "~/ui/page";
import { When } from "~/ui/when";

/** What was asked, in short. */
export function Configuration({ whole: { experiment, runs } }: { readonly whole: ExperimentWhole }) {
  const { spec } = experiment;
  const costs = runs.flatMap((run) => (run.cost === null ? [] : [run.cost]));
  const facts = [
    ["Models", named(spec.models.map((model) => model.name))],
    ["Tasks", named(spec.tasks.map((task) => task.name))],
    ...(spec.judges.length > 0 ? [["Judges", named(spec.judges.map(judgeOf))] as const] : []),
    ["Answers", `${count(sum(runs.map((run) => run.done)))} of ${count(sum(runs.map((run) => run.total)))}`],
    ["Cost", costs.length === 0 ? "–" : money(sum(costs))],
    ["Seed", String(spec.run.seed)],
    ["Made", <When key="made" at={experiment.created_at} />],
    ["Fingerprint", <code key="fingerprint">{experiment.fingerprint.slice(0, 16)}</code>],
  ] as const;
  return (
    <Section title="Configuration" note={spec.description}>
      <Facts facts={facts} />
    </Section>
  );
}

type Judge = ExperimentWhole["experiment"]["spec"]["judges"][number];

function judgeOf({ rubric, models }: Judge): string {
  const name = typeof rubric === "string" ? rubric : rubric.name;
  return `${name} by ${models.map((model) => model.name).join(", ")}`;
}

function named(names: readonly string[]): string {
  return names.length === 0 ? "–" : names.join(", ");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
