import { Button, Code, CopyButton, Skeleton, Text } from "@mantine/core";
import type { ReactNode } from "react";
import styles from "./states.module.css";

interface EmptyProps {
  /** One sentence: what is not here. */
  readonly says: string;
  /** The command that would bring it. */
  readonly command?: string;
  readonly action?: ReactNode;
}

/** Where there is nothing yet: what is missing, and how it comes. */
export function Empty({ says, command, action }: EmptyProps) {
  return (
    <div className={styles.state}>
      <Text c="dimmed">{says}</Text>
      {command !== undefined && <Command command={command} />}
      {action}
    </div>
  );
}

interface UnmatchedProps {
  /** One sentence: what none of the list is like. */
  readonly says: string;
  readonly onShowAll: () => void;
}

/** Where filters leave nothing of a list: a click, and it is whole again. */
export function Unmatched({ says, onShowAll }: UnmatchedProps) {
  return <Empty says={says} action={<Button onClick={onShowAll}>Show all</Button>} />;
}

/** A command for the terminal, and a button that copies it. */
export function Command({ command }: { readonly command: string }) {
  return (
    <div className={styles.command}>
      <Code block className={styles.line}>
        {command}
      </Code>
      <CopyButton value={command}>
        {({ copied, copy }) => (
          <Button size="compact-xs" variant="subtle" onClick={copy}>
            {copied ? "Copied" : "Copy"}
          </Button>
        )}
      </CopyButton>
    </div>
  );
}

interface FailureProps {
  readonly error: Error;
  readonly onRetry?: () => void;
}

/** What went wrong, what can be done, and a way to try again. */
export function Failure({ error, onRetry }: FailureProps) {
  const hint = "hint" in error && typeof error.hint === "string" ? error.hint : null;
  return (
    <div className={styles.state} role="alert">
      <Text fw={600}>That did not work.</Text>
      <Text className={styles.message}>{error.message}</Text>
      {hint !== null && <Text c="dimmed">{hint}</Text>}
      {onRetry !== undefined && <Button onClick={onRetry}>Try again</Button>}
    </div>
  );
}

/** Rows of the size of those to come. */
export function Rows({ rows = 8 }: { readonly rows?: number }) {
  return (
    <div aria-busy="true" aria-label="Loading" role="status" className={styles.rows}>
      {Array.from({ length: rows }, (_, index) => (
        <Skeleton key={index} height={12} width={`${92 - ((index * 13) % 34)}%`} />
      ))}
    </div>
  );
}
