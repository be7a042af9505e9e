import { Button } from "@mantine/core";
import { Bot, Cpu, UserRound } from "lucide-react";
import { Link } from "@tanstack/react-router";
import type { Said, SampleWhole } from "~/api/records";
import { percent } from "~/ui/figures";
import { Mark } from "~/ui/mark";
import { Section } from "~/ui/page";
import { Empty } from "~/ui/states";
import { PlainText } from "~/ui/text/plain-text";
import { flagsIn } from "./told";
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
    const mine = inOrder(whole).filter((said) => said.score.author === author);
    if (mine.length === 0) return null;
    return (
      <Section key={author} title={title} note={<Icon size={13} aria-hidden />}>
        <ul className={styles.scores}>
          {mine.map((said) => (
            <ScoreItem
              key={said.score.id}
              said={said}
              whole={whole}
              alone={!mine.some(({ score }) => score.verdict.name === aboveOf(said.score.verdict.name))}
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
  /** Whether what it is a part of is not here. */
  readonly alone: boolean;
  readonly marked: boolean;
  readonly onMark: (id: string | undefined) => void;
}

function ScoreItem({ said: { score, superseded_by, other }, whole, alone, marked, onMark }: ScoreItemProps) {
  const { verdict } = score;
  const rival = whole.neighbours.find(({ generation }) =>
    [score.generation_id, score.other_generation_id].includes(generation.id),
  );
  const depth = alone ? 0 : Math.min(3, verdict.name.split("/").length - 1);
  const flags = flagsIn(verdict.trace);
  const repeats = flags.length > 0 && flags.every((flag) => verdict.explanation.includes(flag));
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
        {(depth === 0 || score.author === "human") && (
          <span className={styles.author}>
            {score.author_id}
            {score.author_version !== "" && ` · ${score.author_version.slice(0, 12)}`}
          </span>
        )}
      </div>
      {rival !== undefined && depth === 0 && (
        <p className="quiet">
          against the answer of{" "}
          <Link to="/runs/$run" params={{ run: rival.run.id }} className="link">
            {rival.run.model}
          </Link>
          , response {score.generation_id === whole.generation.id ? 2 : 1}
        </p>
      )}
      {verdict.explanation !== "" && !repeats && <PlainText text={verdict.explanation} prose />}
      {verdict.error !== null && (
        <div className={styles.error}>
          <PlainText text={verdict.error} prose />
        </div>
      )}
      <Trace trace={verdict.trace} />
    </li>
  );
}

function aboveOf(name: string): string {
  return name.split("/").slice(0, -1).join("/");
}

/** The run's own scorers first; criteria after what they are criteria of; the older verdict before the newer. */
function inOrder(whole: SampleWhole): Said[] {
  const rank = ({ score }: Said) => Number(score.run_id !== whole.run.id);
  return whole.scores.toSorted(
    (one, two) =>
      rank(one) - rank(two) ||
      one.score.verdict.name.localeCompare(two.score.verdict.name) ||
      one.score.created_at.localeCompare(two.score.created_at),
  );
}

/** Which of two answers is preferred, seen from the one that is shown. */
function preferred(score: Said["score"], whole: SampleWhole): string | null {
  const { label } = score.verdict;
  if (label !== "first" && label !== "second") return label;
  return (label === "first") === (score.generation_id === whole.generation.id)
    ? "prefers this answer"
    : "prefers the other";
}
