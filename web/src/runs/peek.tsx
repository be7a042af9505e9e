import { CloseButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { SampleWhole } from "~/api/records";
import { sampleFilters } from "~/ui/sample-list";
import { sampleQuery } from "~/api/samples";
import { Mark } from "~/ui/mark";
import { Failure, Rows } from "~/ui/states";
import { AnswerText, viewFor } from "~/ui/text/answer-text";
import { PlainText } from "~/ui/text/plain-text";
import styles from "./runs.module.css";

interface PeekProps {
  readonly run: string;
  /** `position/epoch`. */
  readonly place: string;
  readonly onClose: () => void;
}

/** A sample beside the list: what was asked, what was answered, what is said of it. */
export function Peek({ run, place, onClose }: PeekProps) {
  const [position = "0", epoch = "1"] = place.split("/");
  const sample = useQuery(sampleQuery({ run, position: Number(position), epoch: Number(epoch) }));
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard
    <aside className={styles.peek} aria-label="Sample beside the list" tabIndex={0}>
      <header>
        <Link
          to="/runs/$run/samples/$position/$epoch"
          params={{ run, position, epoch }}
          search={sampleFilters}
          className="link"
        >
          Sample {Number(position) + 1}
        </Link>
        <CloseButton size="sm" aria-label="Close" onClick={onClose} />
      </header>
      {sample.error !== null ? (
        <Failure error={sample.error} onRetry={() => void sample.refetch()} />
      ) : sample.data === undefined ? (
        <Rows />
      ) : (
        <Seen key={sample.data.generation.id} whole={sample.data} />
      )}
    </aside>
  );
}

function Seen({ whole: { generation, scores } }: { readonly whole: SampleWhole }) {
  const { prompt, output, error } = generation;
  const text = output?.text ?? "";
  const turns = typeof prompt === "string" ? [prompt] : prompt.map((turn) => turn.content);
  return (
    <>
      <h3>{turns.length > 1 ? `Prompt, the last of ${turns.length} turns` : "Prompt"}</h3>
      <PlainText text={turns.at(-1) ?? ""} />
      <h3>Answer</h3>
      {error !== null && (
        <div className={styles.error}>
          <PlainText text={error} prose />
        </div>
      )}
      {output !== null && <AnswerText text={text} view={viewFor(text)} />}
      {scores
        .filter((said) => said.superseded_by === null)
        .map(({ score }) => (
          <div key={score.id} className={styles.said}>
            <strong>{score.verdict.name}</strong> <Mark of={score.verdict} />{" "}
            <span className="quiet">{score.author_id}</span>
            {score.verdict.explanation !== "" && <PlainText text={score.verdict.explanation} prose />}
          </div>
        ))}
    </>
  );
}
