import { Button, MultiSelect, NumberInput, Select, Skeleton, Switch, TagsInput, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { ApiError } from "~/api/errors";
import { FormOrYaml } from "~/ui/form-or-yaml";
import { Page, Section } from "~/ui/page";
import { Failure } from "~/ui/states";
import { beginning, changed, fieldsIn, fieldsOf, namesIn, numberIn, textIn, textOf } from "./opening";
import type { Fields } from "./opening";
import { openReview, rubricsQuery, runsQuery } from "./queries";
import styles from "./reviews.module.css";

const YamlEditor = lazy(() => import("~/ui/yaml-editor"));

const route = getRouteApi("/app/reviews/new");

/** A new review, from a form or as YAML. */
export function NewReviewPage() {
  const { as = "form", judge, runs } = route.useSearch();
  const navigate = useNavigate();
  const [text, setText] = useState(() => beginning(judge, runs));
  const open = useMutation({
    mutationFn: () => openReview(text),
    meta: { quiet: true },
    onSuccess: (review) => navigate({ to: "/reviews/$review", params: { review } }),
  });
  const fields = fieldsOf(text);
  const problem = open.error instanceof ApiError ? open.error : null;
  const write = (next: string) => {
    setText(next);
    open.reset();
  };
  return (
    <Page
      title="Open a review"
      path={<Link to="/reviews">Reviews</Link>}
      actions={
        <>
          <FormOrYaml as={as} />
          <Button variant="filled" loading={open.isPending} onClick={() => open.mutate()}>
            Open
          </Button>
        </>
      }
    >
      <div className={styles.draft}>
        {open.error !== null && <Failure error={open.error} />}
        {as === "yaml" || fields === null ? (
          <Section title="The review" note={as === "form" ? "this is no YAML that a form can show" : undefined}>
            <Suspense fallback={<Skeleton height={300} />}>
              <YamlEditor label="The review" value={text} onChange={write} wrong={problem?.line ?? null} />
            </Suspense>
          </Section>
        ) : (
          <ReviewFields
            fields={fields}
            wrong={(name) => (problem?.field[0] === name ? problem.message : undefined)}
            onChange={(next) => write(textOf(next))}
          />
        )}
      </div>
    </Page>
  );
}

interface ReviewFieldsProps {
  readonly fields: Fields;
  readonly wrong: (name: string) => string | undefined;
  readonly onChange: (fields: Fields) => void;
}

function ReviewFields({ fields, wrong, onChange }: ReviewFieldsProps) {
  const { data: runs = [] } = useQuery(runsQuery);
  const { data: rubrics = [] } = useQuery(rubricsQuery);
  const set = (name: string, value: unknown) => onChange(changed(fields, name, value));
  const [judges, others] = [runs.filter((run) => run.rubric !== null), runs.filter((run) => run.rubric === null)];
  const named = (known: typeof runs, chosen: readonly string[]) => [
    ...known.map((run) => ({
      value: run.id,
      label: `${run.model} ${run.rubric === null ? `on ${run.task}` : `judging by ${run.rubric}`} · ${run.id.slice(-6)}`,
    })),
    ...chosen.filter((id) => !known.some((run) => run.id === id)).map((id) => ({ value: id, label: id })),
  ];
  const judge = textIn(fields, "judge");
  return (
    <>
      <Section title="What is looked at">
        <div className={styles.inputs}>
          <TextInput
            label="Name"
            required
            error={wrong("name")}
            value={textIn(fields, "name")}
            onChange={(event) => set("name", event.currentTarget.value)}
          />
          <Select
            label="Judge"
            description="its runs and its rubric are the review’s"
            searchable
            clearable
            placeholder="None"
            error={wrong("judge")}
            data={named(judges, judge === "" ? [] : [judge])}
            value={judge === "" ? null : judge}
            onChange={(id) => set("judge", id)}
          />
          <MultiSelect
            size="xs"
            label="Runs"
            description="one, or two to compare; of a judge none"
            searchable
            maxValues={2}
            error={wrong("runs")}
            data={named(others, namesIn(fields, "runs"))}
            value={namesIn(fields, "runs")}
            onChange={(ids) => set("runs", ids)}
          />
          <Select
            label="Rubric"
            description="the form; of a judge its own"
            clearable
            error={wrong("rubric")}
            data={rubrics.map((rubric) => rubric.name)}
            value={textIn(fields, "rubric") || null}
            onChange={(rubric) => set("rubric", rubric)}
          />
        </div>
      </Section>
      <Picked fields={fields} wrong={wrong} onChange={onChange} />
      <Section title="How it is worked">
        <div className={styles.inputs}>
          <Select
            label="The judge’s word"
            error={wrong("suggestion")}
            data={[
              { value: "after_choice", label: "after a first choice" },
              { value: "shown", label: "shown at once" },
              { value: "never", label: "never shown" },
            ]}
            value={textIn(fields, "suggestion") || "after_choice"}
            onChange={(value) => set("suggestion", value)}
          />
          <Select
            label="Order"
            error={wrong("order")}
            data={[
              { value: "random", label: "random" },
              { value: "informative", label: "what tells most first" },
              { value: "fixed", label: "as in the data set" },
            ]}
            value={textIn(fields, "order") || "random"}
            onChange={(value) => set("order", value)}
          />
          <NumberInput
            label="People per item"
            min={1}
            max={99}
            allowDecimal={false}
            error={wrong("overlap")}
            value={typeof fields["overlap"] === "number" ? fields["overlap"] : 1}
            onChange={(value) => set("overlap", value)}
          />
          <NumberInput
            label="Minutes an item is kept"
            min={1}
            error={wrong("lease_minutes")}
            placeholder="30"
            value={numberIn(fields, "lease_minutes")}
            onChange={(value) => set("lease_minutes", value)}
          />
          {(["reviewers", "adjudicators"] as const).map((name) => (
            <TagsInput
              key={name}
              size="xs"
              label={name === "reviewers" ? "Reviewers" : "Who decides"}
              description="everybody with the role, unless given"
              error={wrong(name)}
              value={namesIn(fields, name)}
              onChange={(names) => set(name, names)}
            />
          ))}
          <Switch
            label="Blind"
            description="no models, no reasons, sides at random"
            checked={fields["blind"] !== false}
            onChange={(event) => onChange({ ...fields, blind: event.currentTarget.checked })}
          />
        </div>
      </Section>
    </>
  );
}

const RULES = [
  ["order_flips", "Where the preference changes with the order"],
  ["contradicts_checks", "Where the judge says otherwise than tests"],
  ["disagreement", "Where judges disagree"],
] as const;

function Picked({ fields, wrong, onChange }: ReviewFieldsProps) {
  const select = fieldsIn(fields, "select");
  const set = (name: string, value: unknown) => onChange(changed(fields, "select", changed(select, name, value)));
  const everything = Object.keys(select).length === 0 || select["everything"] === true;
  return (
    <Section title="Which answers come in" note="all that any of these picks; without a rule everything">
      <div className={styles.inputs}>
        <Switch
          label="Everything"
          checked={everything}
          onChange={(event) => onChange(changed(fields, "select", event.currentTarget.checked ? {} : { random: 0.1 }))}
        />
        <Switch
          label="What the judge flagged"
          checked={select["flags"] !== undefined}
          disabled={everything}
          onChange={(event) => set("flags", event.currentTarget.checked ? "any" : undefined)}
        />
        {RULES.map(([name, label]) => (
          <Switch
            key={name}
            label={label}
            disabled={everything}
            checked={select[name] === true}
            onChange={(event) => set(name, event.currentTarget.checked)}
          />
        ))}
        <NumberInput
          label="Judge less sure than, in percent"
          min={0}
          max={100}
          disabled={everything}
          value={percentIn(select, "uncertain_below")}
          onChange={(value) => set("uncertain_below", typeof value === "number" ? value / 100 : undefined)}
        />
        <NumberInput
          label="Random share, in percent"
          min={0}
          max={100}
          disabled={everything}
          error={wrong("select")}
          value={percentIn(select, "random")}
          onChange={(value) => set("random", typeof value === "number" ? value / 100 : undefined)}
        />
      </div>
    </Section>
  );
}

function percentIn(select: Fields, name: string): number | "" {
  const value = numberIn(select, name);
  return value === "" ? "" : Math.round(value * 100);
}
