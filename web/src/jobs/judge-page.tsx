import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Page } from "~/ui/page";
import { Failure, Rows } from "~/ui/states";
import { askedOf, BLANK } from "./asked";
import { JudgeForm } from "./judge-form";
import { choicesQuery, jobQuery, judge } from "./queries";

const route = getRouteApi("/app/judge");

/** Answers to be judged as they are, without a data set or a run. */
export function JudgePage() {
  const { from } = route.useSearch();
  const navigate = useNavigate();
  const choices = useQuery(choicesQuery);
  const earlier = useQuery({ ...jobQuery(from ?? ""), enabled: from !== undefined });
  const send = useMutation({
    mutationFn: judge,
    onSuccess: (job) => navigate({ to: "/jobs/$job", params: { job: job.id } }),
    meta: { quiet: true },
  });
  const error = choices.error ?? earlier.error;
  const ready = choices.data !== undefined && (from === undefined || earlier.data !== undefined);
  return (
    <Page title="Judge answers" path={<Link to="/jobs">Jobs</Link>}>
      {error !== null ? (
        <Failure error={error} />
      ) : ready ? (
        <JudgeForm
          key={from}
          beginning={earlier.data === undefined ? BLANK : askedOf(earlier.data)}
          choices={choices.data}
          sending={send.isPending}
          problem={send.error}
          onSend={(asked) => send.mutate(asked)}
        />
      ) : (
        <Rows />
      )}
    </Page>
  );
}
