import { Skeleton } from "@mantine/core";
import { diffWordsWithSpace } from "diff";
import { lazy, Suspense, useMemo } from "react";
import { Visible } from "./plain-text";
import styles from "./text.module.css";

const CodeDifference = lazy(() => import("./code-difference"));

const MOST_WORDS = 30_000;

interface DifferenceProps {
  readonly before: string;
  readonly after: string;
  readonly code: boolean;
}

/** What changed from one text to the other: by lines for code, by words for prose. */
export function Difference({ before, after, code }: DifferenceProps) {
  if (before === after) return <span className="quiet">Both say the same.</span>;
  if (!code && before.length + after.length < MOST_WORDS) return <Words before={before} after={after} />;
  return (
    <Suspense fallback={<Skeleton height={160} />}>
      <CodeDifference before={before} after={after} />
    </Suspense>
  );
}

function Words({ before, after }: Omit<DifferenceProps, "code">) {
  const changes = useMemo(() => diffWordsWithSpace(before, after), [before, after]);
  return (
    <pre className={`${styles.plain ?? ""} ${styles.words ?? ""}`} dir="auto">
      {changes.map((change, index) =>
        change.added ? (
          <ins key={index}>
            <Visible text={change.value} />
          </ins>
        ) : change.removed ? (
          <del key={index}>
            <Visible text={change.value} />
          </del>
        ) : (
          <Visible key={index} text={change.value} />
        ),
      )}
    </pre>
  );
}
