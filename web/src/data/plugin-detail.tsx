import { lazy, Suspense, useState } from "react";
import type { PluginFacts } from "~/api/records";
import type { Schema } from "~/ui/json-schema";
import { Section } from "~/ui/page";
import { SchemaForm } from "~/ui/schema-form";
import type { Values } from "~/ui/schema-form";
import { Empty } from "~/ui/states";
import { inYaml } from "~/ui/yaml-text";
import styles from "./data.module.css";

const CodeText = lazy(async () => ({ default: (await import("~/ui/text/code-text")).CodeText }));

/** A plugin: what it says of itself, its arguments as a form, and how a config names it so. */
export function PluginDetail({ plugin }: { readonly plugin: PluginFacts }) {
  const [values, setValues] = useState<Values>({});
  const schema = plugin.arguments as Schema | null;
  return (
    <>
      <Section
        title={plugin.name}
        note={plugin.package === null ? plugin.kind : `${plugin.kind} of ${plugin.package} ${plugin.version ?? ""}`}
      >
        <div className={styles.body}>
          {plugin.error !== null ? <Empty says={`It cannot be used: ${plugin.error}`} /> : <p>{plugin.about}</p>}
        </div>
      </Section>
      {schema !== null && (
        <>
          <Section title="Arguments">
            <div className={styles.body}>
              <SchemaForm schema={schema} values={values} onChange={setValues} />
            </div>
          </Section>
          <Section title="In a config">
            <div className={styles.body}>
              <Suspense>
                <CodeText text={inYaml(plugin, values)} language="yaml" />
              </Suspense>
            </div>
          </Section>
        </>
      )}
    </>
  );
}
