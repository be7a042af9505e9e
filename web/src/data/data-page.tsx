import { useQuery } from "@tanstack/react-query";
import type { UseQueryResult } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Chooser } from "~/ui/chooser";
import type { Choice } from "~/ui/chooser";
import { Page } from "~/ui/page";
import { Empty, Failure, Rows } from "~/ui/states";
import { Tabs } from "~/ui/tabs";
import { DatasetList } from "./dataset-list";
import { ModelDetail } from "./model-detail";
import { PluginDetail } from "./plugin-detail";
import { PresetDetail } from "./preset-detail";
import { PromptDetail } from "./prompt-detail";
import { modelsQuery, pluginsQuery, presetsQuery, promptsQuery, rubricsQuery, tasksQuery } from "./queries";
import { RubricDetail } from "./rubric-detail";
import { Uploads } from "./uploads";

const route = getRouteApi("/app/data");

const NAMES = {
  datasets: "Data sets",
  tasks: "Tasks",
  rubrics: "Rubrics",
  models: "Models",
  plugins: "Plugins",
  presets: "Presets",
  prompts: "Judge prompts",
} as const;

const TABS = Object.entries(NAMES).map(([value, name]) => ({ value: value as keyof typeof NAMES, name }));

/** What there is to evaluate with. */
export function DataPage() {
  const { tab = "datasets" } = route.useSearch();
  const navigate = useNavigate();
  return (
    <Page title="Data" actions={tab === "datasets" && <Uploads />}>
      <Tabs
        value={tab}
        onChange={(next) => void navigate({ to: "/data", search: { tab: next }, replace: true })}
        tabs={TABS}
      >
        {tab === "datasets" && <DatasetList />}
        {tab === "tasks" && <Tasks />}
        {tab === "rubrics" && <Rubrics />}
        {tab === "models" && <Models />}
        {tab === "plugins" && <Plugins />}
        {tab === "presets" && <Presets />}
        {tab === "prompts" && <Prompts />}
      </Tabs>
    </Page>
  );
}

function Tasks() {
  const tasks = useQuery(tasksQuery);
  return (
    <Listed
      label="Tasks"
      of={tasks}
      choice={(task) => ({ name: task.name, label: task.name })}
      detail={(task) => <PluginDetail key={task.name} plugin={task} />}
    />
  );
}

function Rubrics() {
  const rubrics = useQuery(rubricsQuery);
  return (
    <Listed
      label="Rubrics"
      of={rubrics}
      choice={(one) => ({ name: one.name, label: one.name, note: one.rubric.compares ? "two answers" : undefined })}
      detail={(one) => <RubricDetail facts={one} />}
    />
  );
}

function Models() {
  const models = useQuery(modelsQuery);
  return (
    <Listed
      label="Models"
      of={models}
      choice={(model) => ({
        name: model.name,
        label: model.name,
        note: model.runs === 0 ? undefined : `${model.runs} ${model.runs === 1 ? "run" : "runs"}`,
        group: model.embedded ? "On this machine" : "Asked before",
      })}
      detail={(model) => <ModelDetail model={model} />}
    />
  );
}

function Plugins() {
  const plugins = useQuery(pluginsQuery);
  return (
    <Listed
      label="Plugins"
      of={plugins}
      choice={(plugin) => ({ name: `${plugin.kind}/${plugin.name}`, label: plugin.name, group: plugin.kind })}
      detail={(plugin) => <PluginDetail key={`${plugin.kind}/${plugin.name}`} plugin={plugin} />}
    />
  );
}

function Presets() {
  const presets = useQuery(presetsQuery);
  return (
    <Listed
      label="Presets"
      of={presets}
      choice={(preset) => ({ name: preset.name, label: preset.name })}
      detail={(preset) => <PresetDetail preset={preset} />}
    />
  );
}

function Prompts() {
  const prompts = useQuery(promptsQuery);
  return (
    <Listed
      label="Judge prompts"
      of={prompts}
      choice={(prompt) => ({
        name: prompt.name,
        label: prompt.name,
        note: prompt.compares ? "two answers" : undefined,
      })}
      detail={(prompt) => <PromptDetail prompt={prompt} />}
    />
  );
}

interface ListedProps<T> {
  readonly label: string;
  readonly of: UseQueryResult<T[]>;
  readonly choice: (one: T) => Choice;
  readonly detail: (one: T) => ReactNode;
}

/** All of one kind, and one of them in full: which one is in the address. */
function Listed<T>({ label, of, choice, detail }: ListedProps<T>) {
  const search = route.useSearch();
  const navigate = useNavigate();
  if (of.error !== null) return <Failure error={of.error} onRetry={() => void of.refetch()} />;
  if (of.data === undefined) return <Rows />;
  const choices = of.data.map((one) => ({ one, choice: choice(one) }));
  const chosen = choices.find((one) => one.choice.name === search.name) ?? choices[0];
  if (chosen === undefined) return <Empty says="There is none yet." />;
  return (
    <Chooser
      label={label}
      choices={choices.map((one) => one.choice)}
      chosen={chosen.choice.name}
      onChoose={(name) => void navigate({ to: "/data", search: { tab: search.tab, name }, replace: true })}
    >
      {detail(chosen.one)}
    </Chooser>
  );
}
