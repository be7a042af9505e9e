import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import type { Preset } from "~/api/records";
import { Section } from "~/ui/page";
import styles from "./data.module.css";

const CodeText = lazy(async () => ({ default: (await import("~/ui/text/code-text")).CodeText }));

/** A config that comes along, to begin from. */
export function PresetDetail({ preset }: { readonly preset: Preset }) {
  return (
    <Section
      title={preset.name}
      note={preset.description}
      actions={
        <Button
          renderRoot={(props) => <Link to="/experiments/new" search={{ from: preset.name, as: "yaml" }} {...props} />}
        >
          Begin from it
        </Button>
      }
    >
      <div className={styles.body}>
        <Suspense>
          <CodeText text={preset.yaml} language="yaml" />
        </Suspense>
      </div>
    </Section>
  );
}
