import { Button, Skeleton, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import type { Agreeing, ReviewEstimate, ReviewPerson, ReviewWhole } from "~/api/records";
import { api, bodyOf } from "~/api/client";
import { may, sessionQuery } from "~/api/session";
import { coefficient, count, decimal, measure, percent, seconds } from "~/ui/figures";
import { Facts, Page, Section } from "~/ui/page";
import { given } from "~/ui/search";
import { Empty, Failure, Rows } from "~/ui/states";
import { Progress, Status } from "~/ui/status";
import { agreementQuery, estimateQuery, reviewQuery } from "./queries";
import { nameOf, statusOf } from "./reviews-page";
import styles from "./reviews.module.css";

const Curves = lazy(() => import("~/ui/curves"));

const route = getRouteApi("/app/reviews/$review");

/** A review: how far it is, who has done what, how far they agree, what it tells of all answers. */
export function ReviewPage() {
  const { review } = route.useParams();
  const whole = useQuery(reviewQuery(review));
  if (whole.data !== undefined) return <Whole whole={whole.data} />;
  return (
    <Page title="Review" path={<Link to="/reviews">Reviews</Link>}>
      {whole.error !== null ? <Failure error={whole.error} onRetry={() => void whole.refetch()} /> : <Rows />}
    </Page>
  );
}

function Whole({ whole }: { readonly whole: ReviewWhole }) {
  const { row, people, settings } = whole;
  const { items } = row;
  return (
    <Page
      title={nameOf(row)}
      beside={<Status of={statusOf(row)} />}
      path={<Link to="/reviews">Reviews</Link>}
      actions={<Doing whole={whole} />}
    >
      <Section title="Progress" note={<Told whole={whole} />}>
        <div className={styles.estimate}>
          <Progress done={items.votes} total={items.wanted} label="Votes" />
        </div>
        <Facts
          facts={[
            ["Votes", `${count(items.votes)} of ${count(items.wanted)}`],
            ["Items", `${count(items.total)}, ${count(items.done + items.settled)} finished`],
            ["To decide", count(items.disputed + items.passed_on)],
            ["Settled", count(items.settled)],
            ["Time per item", seconds(row.seconds_each)],
            ["Work left", seconds(row.seconds_left)],
          ]}
        />
      </Section>
      <Section title="People">
        {people.length === 0 ? <Empty says="Nobody has reviewed anything yet." /> : <People people={people} />}
      </Section>
      <Agreements review={row.id} />
      <Estimate review={row.id} />
      {settings !== null && <Settings of={settings} compares={row.compares} />}
    </Page>
  );
}

function Told({ whole: { row } }: { readonly whole: ReviewWhole }) {
  const suggested = {
    shown: "the judge’s word is shown",
    after_choice: "the judge’s word comes after a first choice",
    never: "without a judge’s word",
  }[row.suggestion];
  const orders = { fixed: "in order", random: "in random order", informative: "what tells most first" } as const;
  return `${row.rubric}, ${row.compares ? "in pairs" : "one by one"}, ${row.blind ? "blind" : "with names"}, ${suggested ?? ""}, ${orders[row.order]}`;
}

function Doing({ whole: { row } }: { readonly whole: ReviewWhole }) {
  const session = useQuery(sessionQuery);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [as, setAs] = useState("");
  const who = given({ as: as.trim() === "" ? undefined : as.trim() });
  const path = { params: { path: { review_id: row.id } } };
  const act = useMutation({
    mutationFn: async (what: "extend" | "close" | "reopen") => {
      if (what === "extend") {
        const { new: added } = await bodyOf(api.POST("/api/reviews/{review_id}/extend", path));
        notifications.show({ message: `${count(added)} new items` });
      } else if (what === "close") await bodyOf(api.POST("/api/reviews/{review_id}/close", path));
      else await bodyOf(api.POST("/api/reviews/{review_id}/reopen", path));
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["reviews"] }),
  });
  const reviews = may(session.data, "review");
  return (
    <>
      {session.data?.user === null && reviews && (
        <TextInput
          aria-label="Who reviews"
          placeholder="Your name"
          w={120}
          value={as}
          onChange={(event) => setAs(event.currentTarget.value)}
        />
      )}
      {reviews && row.status === "open" && (
        <Button
          variant="filled"
          onClick={() => void navigate({ to: "/reviews/$review/work", params: { review: row.id }, search: who })}
        >
          Review
        </Button>
      )}
      {reviews && (
        <Button
          onClick={() => void navigate({ to: "/reviews/$review/disputes", params: { review: row.id }, search: who })}
        >
          Decide ({count(row.items.disputed + row.items.passed_on)})
        </Button>
      )}
      {may(session.data, "write") && (
        <>
          {row.status === "open" && (
            <Button loading={act.isPending} onClick={() => act.mutate("extend")}>
              Extend
            </Button>
          )}
          <Button loading={act.isPending} onClick={() => act.mutate(row.status === "open" ? "close" : "reopen")}>
            {row.status === "open" ? "Close" : "Open again"}
          </Button>
        </>
      )}
    </>
  );
}

function People({ people }: { readonly people: readonly ReviewPerson[] }) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard
    <div className={styles.scroller} role="region" aria-label="What each person has done" tabIndex={0}>
      <table className={styles.table}>
        <thead>
          <tr>
            {["Reviewer", "Done", "Skipped", "Decided", "On the table", "Time per item"].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {people.map((one) => (
            <tr key={one.name}>
              <th scope="row">{one.name}</th>
              <td>{count(one.done)}</td>
              <td>{count(one.skipped)}</td>
              <td>{count(one.decided)}</td>
              <td>{count(one.claimed)}</td>
              <td>{seconds(one.seconds_each)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Agreements({ review }: { readonly review: string }) {
  const agreement = useQuery(agreementQuery(review));
  return (
    <Section title="Agreement" note="95 % intervals, by question">
      {agreement.error !== null ? (
        <Failure error={agreement.error} onRetry={() => void agreement.refetch()} />
      ) : agreement.data === undefined ? (
        <Rows rows={3} />
      ) : agreement.data.length === 0 ? (
        <Empty says="No two people, and no judge and person, have looked at the same yet." />
      ) : (
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard
        <div className={styles.scroller} role="region" aria-label="Agreement by criterion" tabIndex={0}>
          <table className={styles.table}>
            <thead>
              <tr>
                {["Criterion", "Who", "Items", "Agreement"].map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {agreement.data.map((one) => (
                <tr key={`${one.criterion} ${one.who.join(" ")} ${String(one.with_judge)}`}>
                  <th scope="row">{one.criterion}</th>
                  <td>{one.with_judge ? `${one.who.join(", ")} with people` : one.who.join(", ")}</td>
                  <td>{count(one.n)}</td>
                  <td>
                    <Measures of={one} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}

function Measures({ of }: { readonly of: Agreeing }) {
  return Object.entries(of.figures).map(([name, figure]) => {
    const told = name === "accuracy" ? percent : coefficient;
    const known = figure.low !== null && figure.high !== null;
    return (
      <div key={name}>
        <span className="quiet">{measure(name)}</span> <strong>{told(figure.value)}</strong>
        {known && (
          <span className="quiet">
            {" "}
            [{told(figure.low)}, {told(figure.high)}]
          </span>
        )}
      </div>
    );
  });
}

function Estimate({ review }: { readonly review: string }) {
  const estimate = useQuery(estimateQuery(review));
  return (
    <Section title="What the labels tell" note="of all answers in the review">
      {estimate.error !== null ? (
        <Failure error={estimate.error} onRetry={() => void estimate.refetch()} />
      ) : estimate.data === undefined ? (
        <Rows rows={3} />
      ) : (
        <Narrowed of={estimate.data} />
      )}
    </Section>
  );
}

function Narrowed({ of }: { readonly of: ReviewEstimate }) {
  const drawn = useMemo(
    () => ({
      x: of.steps.map((step) => step.n),
      curves: [
        { name: "mean", values: of.steps.map((step) => step.value) },
        { name: "lower end", values: of.steps.map((step) => step.low), aside: true },
        { name: "upper end", values: of.steps.map((step) => step.high), aside: true },
      ],
    }),
    [of],
  );
  if (of.value === null) return <Empty says={`No estimate: ${of.why}.`} />;
  const widths = of.steps.map((step) => (step.high - step.low) / 2);
  const last = of.steps.length - 1;
  const [now, before] = [widths[last], widths[last - 1]];
  return (
    <div className={styles.estimate}>
      <p className="figures">
        The mean of all {count(of.population)} is <strong>{decimal(of.value)}</strong> [{decimal(of.low)},{" "}
        {decimal(of.high)}] after {count(of.labelled)} labels
        {of.judge !== null && `; the judge alone says ${decimal(of.judge)}`}.
        {now !== undefined &&
          before !== undefined &&
          ` The last label took the interval from ±${before.toFixed(3)} to ±${now.toFixed(3)}.`}
        {of.undecided > 0 && ` ${count(of.undecided)} could not be told, and are left out.`}
      </p>
      {of.steps.length > 1 && (
        <Suspense fallback={<Skeleton height={180} />}>
          <Curves label="How the interval narrowed, label by label" of="labels" {...drawn} />
        </Suspense>
      )}
      {of.ahead.length > 0 && (
        <p className="quiet figures">
          Expected: {of.ahead.map((one) => `±${one.half_width.toFixed(3)} with ${count(one.more)} more`).join(", ")}.
        </p>
      )}
    </div>
  );
}

interface SettingsProps {
  readonly of: NonNullable<ReviewWhole["settings"]>;
  readonly compares: boolean;
}

function Settings({ of, compares }: SettingsProps) {
  const run = ({ id, model, task }: (typeof of.runs)[number]) => (
    <Link key={id} to="/runs/$run" params={{ run: id }} className="link" style={{ marginRight: 10 }}>
      {model} on {task}
    </Link>
  );
  const { select, overlap } = of;
  const rules = Object.entries(select as Readonly<Record<string, unknown>>)
    .filter(([, value]) => value !== false && value !== null && value !== 0 && !(Array.isArray(value) && !value.length))
    .map(([name, value]) => (value === true ? name : `${name} ${String(value)}`).replaceAll("_", " "));
  return (
    <Section
      title="Settings"
      actions={
        compares && (
          <Link
            to="/preferences"
            search={{ runs: of.runs.map((one) => one.id).join(","), source: "human" }}
            className="link"
          >
            The preferences that came of it
          </Link>
        )
      }
    >
      <Facts
        facts={[
          ["Answers of", of.runs.map(run)],
          ["Judge", of.judge === null ? "none" : run(of.judge)],
          ["Picks", rules.join(", ")],
          [
            "People per item",
            overlap.more === null
              ? count(overlap.each)
              : `${overlap.each}, ${overlap.more} at ${percent(overlap.share, 0)}`,
          ],
          ["Kept for", `${decimal(of.lease_minutes)} min`],
          ["Reviewers", of.reviewers.length > 0 ? of.reviewers.join(", ") : "everybody with the role"],
          ["Who decides", of.adjudicators.length > 0 ? of.adjudicators.join(", ") : "everybody with the role"],
          [
            "Differ",
            of.differ_by === null
              ? "never decided"
              : `by ${decimal(of.differ_by)} on ${of.differ_on === "whole" ? "the whole" : "any item"}`,
          ],
          ["Seed", String(of.seed)],
        ]}
      />
    </Section>
  );
}
