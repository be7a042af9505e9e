import { useQuery } from "@tanstack/react-query";
import { percent } from "~/ui/figures";
import { Mark } from "~/ui/mark";
import { Section } from "~/ui/page";
import { Failure, Rows } from "~/ui/states";
import { AnswerText, viewFor } from "~/ui/text/answer-text";
import { PlainText } from "~/ui/text/plain-text";
import { preferenceQuery } from "./queries";
import type { PreferencesSearch } from "./search";
import styles from "./preferences.module.css";

/** One preference in full: the better answer, the worse one, and who says so. */
export function PreferenceDetail({ id, search }: { readonly id: string; readonly search: PreferencesSearch }) {
  const preference = useQuery(preferenceQuery(id, search));
  if (preference.error !== null) return <Failure error={preference.error} />;
  if (preference.data === undefined) return <Rows rows={4} />;
  const { prompt, chosen, rejected, agreement, verdicts } = preference.data;
  const asked =
    typeof prompt === "string" ? prompt : prompt.map((turn) => `${turn.role}: ${turn.content}`).join("\n\n");
  return (
    <div className={styles.whole}>
      <Section title="Prompt">
        <div className={styles.body}>
          <PlainText text={asked} prose />
        </div>
      </Section>
      <div className={styles.two}>
        <Section title="Chosen" note={`by ${percent(agreement, 0)} of the voices`}>
          <div className={styles.body}>
            <AnswerText text={chosen} view={viewFor(chosen)} />
          </div>
        </Section>
        <Section title="Rejected">
          <div className={styles.body}>
            <AnswerText text={rejected} view={viewFor(rejected)} />
          </div>
        </Section>
      </div>
      <Section title="Who says so">
        <ul className={styles.verdicts}>
          {verdicts.map((score) => (
            <li key={score.id}>
              <strong>{score.author_id}</strong> <span className="quiet">{score.verdict.name}</span>{" "}
              <Mark of={score.verdict} />
              {score.verdict.explanation !== "" && <PlainText text={score.verdict.explanation} prose />}
            </li>
          ))}
        </ul>
      </Section>
    </div>
  );
}
