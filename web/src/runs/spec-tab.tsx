import { Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";
import type { RunWhole } from "~/api/records";
import { Section } from "~/ui/page";
import styles from "./runs.module.css";

const CodeText = lazy(async () => ({ default: (await import("~/ui/text/code-text")).CodeText }));

/** What was asked, with every choice made. */
export function SpecTab({ whole }: { readonly whole: RunWhole }) {
  return (
    <Section title="Configuration" note={`fingerprint ${whole.run.fingerprint.slice(0, 16)}`}>
      <div className={styles.json}>
        <Suspense fallback={<Skeleton height={200} />}>
          <CodeText text={JSON.stringify(whole.run.spec, null, 2)} language="json" />
        </Suspense>
      </div>
    </Section>
  );
}
