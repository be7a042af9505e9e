import { Button, Select, Skeleton } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { FormOrYaml } from "~/ui/form-or-yaml";
import { Page, Section } from "~/ui/page";
import { given } from "~/ui/search";
import { Failure, Rows } from "~/ui/states";
import { ConfigForm } from "./config-form";
import { fieldsOf, textOf } from "./draft";
import { beginningQuery, checkQuery, choicesQuery, start } from "./new-queries";
import { Outlook } from "./outlook";
import styles from "./experiments.module.css";

const YamlEditor = lazy(() => import("~/ui/yaml-editor"));

const route = getRouteApi("/app/experiments/new");

/** A new experiment, from a form or as YAML: checked while it is written, started with one click. */
export function NewPage() {
  const search = route.useSearch();
  const beginning = useQuery(beginningQuery(search));
  if (beginning.data !== undefined) return <Draft key={search.from ?? search.judge ?? ""} beginning={beginning.data} />;
  return (
    <Page title="New experiment">{beginning.error !== null ? <Failure error={beginning.error} /> : <Rows />}</Page>
  );
}

function Draft({ beginning }: { readonly beginning: string }) {
  const { as = "form", from } = route.useSearch();
  const navigate = useNavigate();
  const [text, setText] = useState(beginning);
  const [settled] = useDebouncedValue(text, 500);
  const choices = useQuery(choicesQuery);
  const check = useQuery(checkQuery(settled));
  const begin = useMutation({
    mutationFn: () => start(text),
    onSuccess: (experiment) => navigate({ to: "/experiments/$experiment", params: { experiment } }),
  });
  const fields = fieldsOf(text);
  const fresh = settled === text && !check.isPlaceholderData;
  const problem = check.data?.error ?? null;
  return (
    <Page
      title="New experiment"
      path={<Link to="/experiments">Experiments</Link>}
      actions={
        <>
          <Select
            aria-label="Begin from a preset"
            placeholder="Begin from …"
            w={180}
            data={choices.data?.presets.map((preset) => preset.name) ?? []}
            value={choices.data?.presets.some((preset) => preset.name === from) === true ? (from ?? null) : null}
            onChange={(preset) =>
              void navigate({ to: "/experiments/new", search: given({ as, from: preset ?? undefined }) })
            }
          />
          <FormOrYaml as={as} />
          <Button
            variant="filled"
            disabled={!fresh || check.data?.ok !== true}
            loading={begin.isPending}
            onClick={() => begin.mutate()}
          >
            Start
          </Button>
        </>
      }
    >
      <div className={styles.draft}>
        {as === "yaml" || fields === null ? (
          <Section
            title="Configuration"
            note={as === "form" ? "this cannot be shown as a form until it is valid YAML" : undefined}
          >
            <Suspense fallback={<Skeleton height={340} />}>
              <YamlEditor
                label="Configuration"
                value={text}
                onChange={setText}
                wrong={fresh ? (problem?.line ?? null) : null}
              />
            </Suspense>
          </Section>
        ) : (
          <ConfigForm
            fields={fields}
            choices={choices.data}
            problem={problem}
            onChange={(next) => setText(textOf(next))}
          />
        )}
        <Outlook check={check} fresh={fresh} />
      </div>
    </Page>
  );
}
