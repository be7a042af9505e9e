import { Button } from "@mantine/core";
import { Bot, Cpu, UserRound } from "lucide-react";
import { Link } from "@tanstack/react-router";
import type { Said, SampleWhole } from "~/api/records";
import { percent } from "~/ui/figures";
import { Mark } from "~/ui/mark";
import { Section } from "~/ui/page";
import { Empty } from "~/ui/states";
import { PlainText } from "~/ui/text/plain-text";
import { Trace } from "./trace";
import styles from "./samples.module.css";

const AUTHORS = [
  { author: "human", title: "People", Icon: UserRound },
  { author: "code", title: "Execution and rules", Icon: Cpu },
  { author: "model", title: "Judges", Icon: Bot },
] as const;

interface ScoresProps {
  readonly whole: SampleWhole;
  readonly marked: string | undefined;
  readonly onMark: (id: string | undefined) => void;
}

/** What anyone says of the answer, by who says it. */
export function Scores({ whole, marked, onMark }: ScoresProps) {
  if (whole.scores.length === 0) {
    return (
      <Section title="Scores">
        <Empty says="Nobody has said anything of this answer." />
      </Section>
    );
  }
  return AUTHORS.map(({ author, title, Icon }) => {
    const mine = whole.scores.filter((said) => said.score.author === author).toSorted(byName);
    if (mine.length === 0) return null;
    return (
      <Section key={author} title={title} note={<Icon size={13} aria-hidden />}>
        <ul className={styles.scores}>
          {mine.map((said) => (
            <ScoreItem
              key={said.score.id}
              said={said}
              whole={whole}
              marked={said.score.id === marked}
              onMark={onMark}
            />
          ))}
        </ul>
      </Section>
    );
  });
}

interface ScoreItemProps {
  readonly said: Said;
  readonly whole: SampleWhole;
  readonly marked: boolean;
  readonly onMark: (id: string | undefined) => void;
}

function ScoreItem({ said: { score, superseded_by, other }, whole, marked, onMark }: ScoreItemProps) {
  const { verdict } = score;
  const depth = Math.min(3, verdict.name.split("/").length - 1);
  return (
    <li data-superseded={superseded_by !== null} data-marked={marked} data-depth={depth}>
      <div className={styles.scoreHead}>
        <strong title={verdict.name}>{depth === 0 ? verdict.name : verdict.name.split("/").at(-1)}</strong>
        <Mark of={other === null ? verdict : { ...verdict, label: preferred(score, whole) }} />
        {verdict.confidence !== null && <span className="quiet">{percent(verdict.confidence, 0)} sure</span>}
        {superseded_by !== null && <span className="quiet">superseded</span>}
        {verdict.spans.length > 0 && (
          <Button
            size="compact-xs"
            variant={marked ? "filled" : "default"}
            aria-pressed={marked}
            onClick={() => onMark(marked ? undefined : score.id)}
          >
            {verdict.spans.length} {verdict.spans.length === 1 ? "passage" : "passages"}
          </Button>
        )}
        <span className={styles.author}>
          {score.author_id}
          {score.author_version !== "" && ` · ${score.author_version.slice(0, 12)}`}
        </span>
      </div>
      {other !== null && (
        <p className="quiet">
          against the answer of{" "}
          <Link to="/runs/$run" params={{ run: other.run_id }} className="link">
            {whole.neighbours.find((one) => one.run.id === other.run_id)?.run.model ?? "another run"}
          </Link>
        </p>
      )}
      {verdict.explanation !== "" && <PlainText text={verdict.explanation} prose />}
      {verdict.error !== null && (
        <div className={styles.error}>
          <PlainText text={verdict.error} prose />
        </div>
      )}
      <Trace trace={verdict.trace} />
    </li>
  );
}

/** Criteria come after what they are criteria of, the older verdict before the newer. */
function byName({ score: one }: Said, { score: two }: Said): number {
  const [first, second] = [one.verdict.name, two.verdict.name];
  return first === second ? one.created_at.localeCompare(two.created_at) : first < second ? -1 : 1;
}

/** Which of two answers is preferred, seen from the one that is shown. */
function preferred(score: Said["score"], whole: SampleWhole): string | null {
  const { label } = score.verdict;
  if (label !== "first" && label !== "second") return label;
  return (label === "first") === (score.generation_id === whole.generation.id)
    ? "prefers this answer"
    : "prefers the other";
}
