import type { PromptFacts } from "~/api/records";
import { Section } from "~/ui/page";
import { PlainText } from "~/ui/text/plain-text";
import styles from "./data.module.css";

/** A prompt template as judges are sent it; what stands in braces is filled in. */
export function PromptDetail({ prompt }: { readonly prompt: PromptFacts }) {
  return (
    <>
      {(["system", "user"] as const).map((part) => (
        <Section
          key={part}
          title={part === "system" ? "System" : "User"}
          note={part === "system" ? prompt.name : undefined}
        >
          <div className={styles.body}>
            <PlainText text={prompt.template[part]} />
          </div>
        </Section>
      ))}
    </>
  );
}
