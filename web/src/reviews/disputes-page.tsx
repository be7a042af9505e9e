import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Dispute, Hearing, Passage, Vote } from "~/api/records";
import { sessionQuery } from "~/api/session";
import { count, seconds } from "~/ui/figures";
import { Page } from "~/ui/page";
import { given } from "~/ui/search";
import { Empty, Failure, Rows } from "~/ui/states";
import { PlainText, Visible } from "~/ui/text/plain-text";
import { useKeys } from "~/ui/use-keys";
import { BLANK, answered, draftOf, filledOf, isWhole, surer } from "./draft";
import type { Draft } from "./draft";
import { FormPanel, Kinds, Remarks, SaidSure } from "./form-panel";
import { useMarking } from "./marking";
import { desk, disputesQuery, formQuery, reviewQuery } from "./queries";
import type { Desk } from "./queries";
import { Asked, Responses, reviewViewFor } from "./responses";
import { DIGITS, digitsOf, rubricOf, wordFor } from "./rubric";
import type { RubricForm } from "./rubric";
import styles from "./reviews.module.css";

const route = getRouteApi("/app/reviews/$review/disputes");

/** Where reviewers differ: all votes with names, and the decision. */
export function DisputesPage() {
  const { review } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const disputes = useQuery(disputesQuery(review));
  const form = useQuery(formQuery(review));
  const whole = useQuery(reviewQuery(review));
  const session = useQuery(sessionQuery);
  const who = session.data?.user == null ? search.as : undefined;
  const choose = (item: string | undefined) =>
    void navigate({ to: ".", search: given({ ...search, item }), replace: true });
  const items = disputes.data?.items ?? [];
  const listed =
    search.item === undefined || items.some((one) => one.item === search.item)
      ? items
      : [...items, unlisted(search.item)];
  const error = disputes.error ?? form.error;
  return (
    <Page
      title="Decide"
      beside={<span className="quiet">{count(items.length)} wait</span>}
      path={
        <>
          <Link to="/reviews">Reviews</Link> /
          <Link to="/reviews/$review" params={{ review }}>
            {whole.data?.row.name ?? "this review"}
          </Link>
        </>
      }
    >
      {error !== null ? (
        <Failure error={error} onRetry={() => void disputes.refetch()} />
      ) : disputes.data === undefined || form.data === undefined || session.data === undefined ? (
        <Rows />
      ) : listed.length === 0 ? (
        <Empty says="There is nothing to decide: nobody differs, and nothing was passed on." />
      ) : (
        <>
          <Waiting disputes={listed} chosen={search.item} onChoose={choose} />
          {search.item === undefined ? (
            <Empty says="Choose an item: it is then with you, and nobody else decides about it." />
          ) : (
            <Heard
              key={search.item}
              review={review}
              item={search.item}
              at={desk(review, who)}
              form={rubricOf(form.data)}
              onDone={() => choose(items.find((one) => one.item !== search.item && one.taken_by === null)?.item)}
            />
          )}
        </>
      )}
    </Page>
  );
}

interface WaitingProps {
  readonly disputes: readonly Dispute[];
  readonly chosen: string | undefined;
  readonly onChoose: (item: string) => void;
}

/** What waits for a decision; `j` and `k` move. */
function Waiting({ disputes, chosen, onChoose }: WaitingProps) {
  const at = disputes.findIndex((one) => one.item === chosen);
  const move = (step: number) => {
    const next = disputes[Math.max(0, Math.min(disputes.length - 1, at + step))];
    if (next !== undefined) onChoose(next.item);
  };
  useKeys({ down: () => move(1), up: () => move(-1) });
  return (
    <nav aria-label="What waits" className={styles.waiting}>
      {disputes.map((one, index) => (
        <button
          key={one.item}
          type="button"
          className={styles.choice}
          aria-current={one.item === chosen}
          onClick={() => onChoose(one.item)}
        >
          {index + 1} <span className="quiet">{about(one)}</span>
        </button>
      ))}
    </nav>
  );
}

function about(one: Dispute): string {
  const skipped = one.skipped_by.length > 0 ? `skipped by ${one.skipped_by.join(", ")}` : "";
  const voted = one.reviewers.length > 0 ? one.reviewers.join(", ") : "";
  return [voted, skipped, one.taken_by === null ? "" : `with ${one.taken_by}`].filter(Boolean).join(" · ");
}

function unlisted(item: string): Dispute {
  return { item, reviewers: [], skipped_by: [], taken_by: null, reasons: [] };
}

interface HeardProps {
  readonly review: string;
  readonly item: string;
  readonly at: Desk;
  readonly form: RubricForm;
  readonly onDone: () => void;
}

function Heard({ review, item, at, form, onDone }: HeardProps) {
  const hearing = useQuery({
    queryKey: ["hearing", review, item],
    queryFn: () => at.hear(item),
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  });
  const queries = useQueryClient();
  const done = useMutation({
    mutationFn: (act: () => Promise<unknown>) => act(),
    onSuccess: async () => {
      onDone();
      await queries.invalidateQueries({ queryKey: ["reviews", review] });
    },
  });
  if (hearing.data === undefined) return hearing.error !== null ? <Failure error={hearing.error} /> : <Rows />;
  return (
    <Decision
      hearing={hearing.data}
      form={form}
      sending={done.isPending}
      onUphold={(reviewer) => done.mutate(() => at.uphold(item, reviewer))}
      onDecide={(draft) => done.mutate(() => at.decide(item, filledOf(draft)))}
    />
  );
}

interface DecisionProps {
  readonly hearing: Hearing;
  readonly form: RubricForm;
  readonly sending: boolean;
  readonly onUphold: (reviewer: string) => void;
  readonly onDecide: (draft: Draft) => void;
}

function Decision({ hearing, form, sending, onUphold, onDecide }: DecisionProps) {
  const { sheet, votes } = hearing;
  const [draft, setDraft] = useState<Draft>(() => (sheet.draft === null ? BLANK : draftOf(sheet.draft)));
  const [path, setPath] = useState(form.asked[0]?.path ?? "");
  const mark = (passage: Omit<Passage, "item">) =>
    setDraft({ ...draft, passages: [...draft.passages, { ...passage, item: form.compares ? "" : path }] });
  const marking = useMarking(
    sheet,
    form.issues.map((issue) => issue.name),
    mark,
  );
  const field = form.asked.find((one) => one.path === path);
  const answer = (digit: string) => {
    const chosen = field === undefined ? undefined : digitsOf(field).get(digit);
    if (field !== undefined && chosen !== undefined) setDraft(answered(draft, field.path, chosen));
  };
  const whole = isWhole(draft, form);
  const decide = () => {
    if (whole && !sending) onDecide(draft);
  };
  useKeys(
    marking.marking === null
      ? {
          ...Object.fromEntries(DIGITS.map((digit) => [`answer${digit}`, () => answer(digit)])),
          submit: decide,
          surer: () => setDraft(surer(draft, 1)),
          lessSure: () => setDraft(surer(draft, -1)),
          span: marking.begin,
        }
      : marking.answers,
  );
  const first = draft.items[form.asked[0]?.path ?? ""]?.answer;
  const preferred = form.compares && (first === "first" || first === "second") ? first : null;
  return (
    <div className={styles.desk}>
      <div className={styles.texts}>
        <Asked sheet={sheet} />
        <Responses
          sheet={sheet}
          view={marking.marking === null ? reviewViewFor(sheet) : "text"}
          passages={draft.passages}
          marking={marking.marking}
          preferred={preferred}
        />
      </div>
      <aside className={styles.panel} aria-label="Your decision">
        <div className={styles.panelBody}>
          {votes.map((vote) => (
            <Voted key={vote.reviewer} vote={vote} form={form} sending={sending} onUphold={onUphold} />
          ))}
          <FormPanel form={form} draft={draft} onChange={setDraft} at={path} onMove={setPath} />
          {marking.marking !== null && (
            <Kinds form={form} marking={marking.marking} onTake={marking.take} onLeave={marking.leave} />
          )}
          <Remarks draft={draft} onChange={setDraft} />
        </div>
        <div className={styles.actions}>
          <Button variant="filled" loading={sending} disabled={!whole} onClick={decide}>
            Decide <kbd className={styles.key}>Ctrl Enter</kbd>
          </Button>
          <Button onMouseDown={(event) => event.preventDefault()} onClick={marking.begin}>
            Mark <kbd className={styles.key}>s</kbd>
          </Button>
        </div>
      </aside>
    </div>
  );
}

interface VotedProps {
  readonly vote: Vote;
  readonly form: RubricForm;
  readonly sending: boolean;
  readonly onUphold: (reviewer: string) => void;
}

function Voted({ vote, form, sending, onUphold }: VotedProps) {
  const { reviewer, filled, skipped } = vote;
  return (
    <article className={styles.vote} aria-label={`Vote of ${reviewer}`}>
      <header>
        <strong>{reviewer}</strong>
        <span className="quiet">{seconds(vote.seconds)}</span>
        {filled !== null && (
          <Button size="compact-xs" disabled={sending} onClick={() => onUphold(reviewer)}>
            Uphold
          </Button>
        )}
      </header>
      {skipped !== null && <PlainText prose text={`Skipped: ${skipped}`} />}
      {filled !== null && (
        <>
          {form.asked.map(({ path, title }) => {
            const said = filled.items[path];
            if (said === undefined) return null;
            return (
              <div key={path}>
                {form.asked.length > 1 && <span className="quiet">{title}: </span>}
                <strong>{wordFor(said.answer)}</strong> <SaidSure of={said} />
                {said.note !== "" && <PlainText prose text={said.note} />}
              </div>
            );
          })}
          {filled.passages.length > 0 && (
            <ul>
              {filled.passages.map((passage, index) => (
                <li key={index}>
                  {{ response: "", response_1: "A: ", response_2: "B: " }[passage.source]}
                  <q>
                    <Visible text={passage.quote.slice(0, 200)} />
                  </q>{" "}
                  {passage.kind.replaceAll("_", " ")} <Visible text={passage.note} />
                </li>
              ))}
            </ul>
          )}
          {filled.critique !== "" && <PlainText prose text={filled.critique} />}
        </>
      )}
    </article>
  );
}
