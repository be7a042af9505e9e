import { Box, Title } from "@mantine/core";
import { useEffect } from "react";
import type { ReactNode } from "react";
import styles from "./page.module.css";

interface PageProps {
  readonly title: string;
  /** What stands before the title, from the far to the near: links. */
  readonly path?: ReactNode;
  readonly beside?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A page: where one is, what it is, what one can do, and the thing itself. */
export function Page({ title, path, beside, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Benchbook`;
  }, [title]);
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <div className={styles.where}>
          {path !== undefined && (
            <nav aria-label="Where this page is" className={styles.path}>
              {path}
            </nav>
          )}
          <div className={styles.title}>
            <Title order={1}>{title}</Title>
            {beside}
          </div>
        </div>
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

interface SectionProps {
  readonly title: string;
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
  readonly bare?: boolean;
  readonly children: ReactNode;
}

/** A part of a page under a heading, on a sheet unless `bare`. */
export function Section({ title, note, actions, bare = false, children }: SectionProps) {
  return (
    <section className={styles.section} aria-label={title}>
      <div className={styles.sectionHead}>
        <Title order={2}>{title}</Title>
        {note !== undefined && <span className={styles.note}>{note}</span>}
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </div>
      <Box className={bare ? undefined : styles.sheet}>{children}</Box>
    </section>
  );
}

interface FactsProps {
  readonly facts: readonly (readonly [string, ReactNode])[];
}

/** Names and what they are, in columns. */
export function Facts({ facts }: FactsProps) {
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
