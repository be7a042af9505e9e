import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, bodyOf } from "./client";

export interface Address {
  readonly run: string;
  readonly position: number;
  readonly epoch: number;
}

export const sampleQuery = ({ run, position, epoch }: Address) =>
  queryOptions({
    queryKey: ["sample", run, position, epoch],
    queryFn: () =>
      bodyOf(
        api.GET("/api/runs/{run_id}/samples/{position}/{epoch}", {
          params: { path: { run_id: run, position, epoch } },
        }),
      ),
    placeholderData: keepPreviousData,
  });
