import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { JudgingWhole } from "~/api/records";
import { count, percent } from "~/ui/figures";
import { Facts, Page, Section } from "~/ui/page";
import { given } from "~/ui/search";
import { Empty, Failure, Rows } from "~/ui/states";
import { Status } from "~/ui/status";
import { PlainText } from "~/ui/text/plain-text";
import { Agreement } from "./agreement";
import { Criteria } from "./criteria";
import { Flags } from "./flags";
import { Panels } from "./panels";
import { judgingQuery } from "./queries";
import type { JudgingSearch } from "./search";
import styles from "./judging.module.css";

const route = getRouteApi("/app/judging/$run");

/** How a judge judged: criterion by criterion, against people and against execution. */
export function JudgingPage() {
  const { run } = route.useParams();
  const judging = useQuery(judgingQuery(run));
  if (judging.data !== undefined) return <Whole whole={judging.data} />;
  return (
    <Page title="Judge" path={<Link to="/judging">Judges</Link>}>
      {judging.error !== null ? <Failure error={judging.error} onRetry={() => void judging.refetch()} /> : <Rows />}
    </Page>
  );
}

function Whole({ whole }: { readonly whole: JudgingWhole }) {
  const { criterion, cell } = route.useSearch();
  const navigate = useNavigate();
  const { run, rubric, reads, flagged, warnings } = whole;
  const judged = whole.criteria[0]?.n ?? 0;
  const pick = (to: JudgingSearch) =>
    void navigate({ to: "/judging/$run", params: { run: run.id }, search: given(to), replace: true });
  const mine = new Set(whole.criteria.map((one) => one.name));
  const shown = whole.agreement.filter((one) =>
    criterion === undefined ? mine.has(one.criterion) : one.criterion === criterion,
  );
  return (
    <Page
      title={rubric?.name ?? run.rubric ?? run.model}
      beside={
        <>
          <span className="quiet">judged by {run.model}</span>
          <Status of={run.status} />
        </>
      }
      path={<Link to="/judging">Judges</Link>}
      actions={
        <Link to="/runs/$run" params={{ run: run.id }} className="link">
          The run itself
        </Link>
      }
    >
      <Section title="What was judged" note={rubric?.description}>
        <Facts
          facts={[
            ["Answers of", <Judged key="reads" runs={reads} />],
            ["Verdicts", count(judged)],
            ["Flagged for review", judged === 0 ? count(flagged) : `${count(flagged)} (${percent(flagged / judged)})`],
          ]}
        />
      </Section>
      <Criteria
        whole={whole}
        picked={criterion}
        onPick={(name) => pick({ criterion: name === criterion ? undefined : name })}
      />
      {warnings.length > 0 && (
        <ul className={styles.warnings}>
          {warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
      {shown.length === 0 ? (
        <Section title="Agreement">
          <Empty
            says={
              criterion === undefined
                ? "Nobody else has judged the same: neither people nor execution."
                : `Nobody else has judged ${criterion}.`
            }
          />
        </Section>
      ) : (
        shown.map((one) => (
          <Agreement
            key={`${one.criterion} ${one.judge} ${one.reference}`}
            run={run.id}
            of={one}
            open={cell}
            onOpen={(next) => pick({ criterion, cell: next })}
          />
        ))
      )}
      {whole.panels.length > 0 && <Panels panels={whole.panels} />}
      <Flags flags={whole.flags} />
      {whole.prompt !== null && run.model !== "rules" && <PromptInUse prompt={whole.prompt} />}
    </Page>
  );
}

/** The template by which the judge was asked, also where it is one of the config's own. */
function PromptInUse({ prompt }: { readonly prompt: NonNullable<JudgingWhole["prompt"]> }) {
  return (
    <Section title="Prompt in use" note="what stands in braces is filled in for each sample">
      {(["system", "user"] as const).map((part) => (
        <details key={part} className={styles.prompt}>
          <summary>{part === "system" ? "System" : "User"}</summary>
          <PlainText text={prompt[part]} />
        </details>
      ))}
    </Section>
  );
}

function Judged({ runs }: { readonly runs: JudgingWhole["reads"] }) {
  return runs.map((run) => (
    <Link key={run.id} to="/runs/$run" params={{ run: run.id }} className={`link ${styles.run}`}>
      {run.model}
    </Link>
  ));
}
