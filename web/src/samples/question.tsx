import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { SampleWhole } from "~/api/records";
import { Section } from "~/ui/page";
import { AnswerText, viewFor } from "~/ui/text/answer-text";
import { PlainText, Visible } from "~/ui/text/plain-text";
import styles from "./samples.module.css";

/** What was asked, as it was sent; and what is known of the right answer. */
export function Question({ whole }: { readonly whole: SampleWhole }) {
  const { prompt } = whole.generation;
  const { target, choices, tags } = whole.sample.row;
  const [open, { toggle }] = useDisclosure(false);
  const turns = typeof prompt === "string" ? [{ role: "", content: prompt }] : prompt;
  // The examples before the question are the same for every sample.
  const shown = open ? turns : turns.slice(-1);
  const before = turns.length - shown.length;
  return (
    <Section
      title="Prompt"
      note={
        <>
          <Visible text={tags.join(", ")} />
          {before > 0 && `${tags.length > 0 ? " · " : ""}the last of ${turns.length} turns`}
        </>
      }
      actions={
        <Button size="compact-xs" variant="subtle" onClick={toggle} aria-expanded={open}>
          {open ? "Less" : "More"}
        </Button>
      }
    >
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard */}
      <div className={styles.prompt} data-open={open} role="region" aria-label="What was asked" tabIndex={0}>
        {shown.map((turn, index) => (
          <div key={index} className={styles.turn}>
            {turn.role !== "" && <span className={styles.role}>{turn.role}</span>}
            <AnswerText text={turn.content} view={viewFor(turn.content) === "rendered" ? "rendered" : "text"} />
          </div>
        ))}
      </div>
      {open && (
        <div className={styles.known}>
          {choices.length > 0 && (
            <ol type="A">
              {choices.map((choice, index) => (
                <li key={index}>
                  <Visible text={choice} />
                </li>
              ))}
            </ol>
          )}
          {target !== null && target !== undefined && (
            <>
              <h3>What the scorers know</h3>
              <PlainText text={typeof target === "string" ? target : JSON.stringify(target, null, 2)} />
            </>
          )}
        </div>
      )}
    </Section>
  );
}
