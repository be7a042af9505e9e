import { Link } from "@tanstack/react-router";
import type { ModelFacts } from "~/api/records";
import { count } from "~/ui/figures";
import { Facts, Section } from "~/ui/page";
import { Command } from "~/ui/states";
import { Status } from "~/ui/status";
import styles from "./data.module.css";

/** A model: where it is, and what it was asked. */
export function ModelDetail({ model }: { readonly model: ModelFacts }) {
  const newest = model.newest_run;
  return (
    <>
      <Section title={model.name} note={model.title ?? undefined}>
        <Facts
          facts={[
            ["In a config", <code key="model">{model.model}</code>],
            ["Where", model.embedded ? (model.pulled ? "on this machine" : "can be fetched") : "asked elsewhere"],
            ["Runs", count(model.runs)],
            ...(newest === null
              ? []
              : [
                  [
                    "Newest run",
                    <span key="newest">
                      <Status of={newest.status} />{" "}
                      <Link to="/runs/$run" params={{ run: newest.id }} className="link">
                        {newest.task}
                      </Link>
                    </span>,
                  ] as const,
                ]),
          ]}
        />
      </Section>
      {model.embedded && !model.pulled && (
        <Section title="Fetch it">
          <div className={styles.body}>
            <Command command={`benchbook models pull ${model.name}${model.terms ? " --accept-terms" : ""}`} />
            {model.terms && <p className="quiet">It has terms of use, which you accept with this.</p>}
          </div>
        </Section>
      )}
      {model.runs > 0 && (
        <p>
          <Link to="/runs" search={{ model: model.name }} className="link">
            All runs of {model.name}
          </Link>
        </p>
      )}
    </>
  );
}
