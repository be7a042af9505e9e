import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, bodyOf } from "~/api/client";
import { NOW } from "~/api/turn";
import { partsOf } from "~/ui/search";
import { BLANK, judging } from "./draft";
import type { NewSearch } from "./search";

/** What a config comes to: nothing is written. */
export const checkQuery = (yaml: string) =>
  queryOptions({
    queryKey: ["check", yaml],
    queryFn: () => bodyOf(api.POST("/api/experiments/check", { body: { yaml, spec: null } })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    retry: false,
  });

/** The text that one begins with: of a config that ships, of an experiment, or a blank one. */
export const beginningQuery = ({ from, judge }: NewSearch) =>
  queryOptions({
    queryKey: ["beginning", from, judge],
    queryFn: async (): Promise<string> => {
      if (from === undefined) return judge === undefined ? BLANK : judging(partsOf(judge), new Date());
      if (from.startsWith("experiment-") || from.startsWith("exp-")) return configOf(from);
      const presets = await bodyOf(api.GET("/api/presets"));
      return presets.find((preset) => preset.name === from)?.yaml ?? configOf(from);
    },
    staleTime: Infinity,
  });

export const choicesQuery = queryOptions({
  queryKey: ["choices"],
  queryFn: async () => {
    const [models, tasks, rubrics, plugins, presets] = await Promise.all([
      bodyOf(api.GET("/api/models")),
      bodyOf(api.GET("/api/tasks")),
      bodyOf(api.GET("/api/rubrics")),
      bodyOf(api.GET("/api/plugins")),
      bodyOf(api.GET("/api/presets")),
    ]);
    return {
      models: models.map((model) => model.model),
      runtimes: plugins.filter((plugin) => plugin.kind === "runtime"),
      tasks,
      rubrics: rubrics.map((rubric) => rubric.name),
      presets,
    };
  },
  staleTime: 60_000,
});

export type Choices = NonNullable<Awaited<ReturnType<NonNullable<(typeof choicesQuery)["queryFn"]>>>>;

export async function start(yaml: string): Promise<string> {
  const queued = await bodyOf(api.POST("/api/experiments", { body: { yaml, spec: null, turn: NOW } }));
  return queued.experiment.id;
}

async function configOf(experiment: string): Promise<string> {
  const config = await bodyOf(
    api.GET("/api/experiments/{experiment_id}/config", {
      params: { path: { experiment_id: experiment } },
      parseAs: "text",
    }),
  );
  return config;
}
