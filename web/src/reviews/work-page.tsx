import { Button, Modal, SegmentedControl, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { Handed, Passage, ReviewForm, Sheet } from "~/api/records";
import { sessionQuery } from "~/api/session";
import { count } from "~/ui/figures";
import { Page } from "~/ui/page";
import { Empty, Failure, Rows } from "~/ui/states";
import { Progress } from "~/ui/status";
import { useKeys } from "~/ui/use-keys";
import type { KeyName } from "~/ui/keys";
import { agrees, answered, isWhole, overriding, surer } from "./draft";
import type { Draft } from "./draft";
import { FormPanel, Kinds, Remarks, Suggestion } from "./form-panel";
import { useMarking } from "./marking";
import { desk, formQuery, reviewQuery } from "./queries";
import { Asked, Reasons, Responses, reviewViewFor } from "./responses";
import type { ReviewView } from "./responses";
import { DIGITS, digitsOf, rubricOf } from "./rubric";
import type { RubricForm } from "./rubric";
import { Table } from "./table";
import styles from "./reviews.module.css";

const route = getRouteApi("/app/reviews/$review/work");

/** The reviewer's table: one item after the other, by keys. */
export function WorkPage() {
  const { review } = route.useParams();
  const { as } = route.useSearch();
  const form = useQuery(formQuery(review));
  const session = useQuery(sessionQuery);
  if (form.data !== undefined && session.data !== undefined) {
    const who = session.data.user === null ? as : undefined;
    return <Sitting key={`${review} ${who ?? ""}`} review={review} as={who} form={form.data} />;
  }
  return (
    <Page title="Review" path={<Link to="/reviews">Reviews</Link>}>
      {form.error !== null ? <Failure error={form.error} onRetry={() => void form.refetch()} /> : <Rows />}
    </Page>
  );
}

interface SittingProps {
  readonly review: string;
  readonly as: string | undefined;
  readonly form: ReviewForm;
}

function Sitting({ review, as, form }: SittingProps) {
  const [table] = useState(
    () => new Table(desk(review, as), `${review} ${as ?? ""}`, form.suggestion === "after_choice"),
  );
  const state = useSyncExternalStore(table.subscribe, table.state);
  const rubric = useMemo(() => rubricOf(form), [form]);
  const whole = useQuery(reviewQuery(review));
  const [skipping, setSkipping] = useState(false);
  useEffect(() => table.open(), [table]);
  const { sheet, draft } = state;
  const row = whole.data?.row;
  return (
    <Page
      title="Review"
      beside={
        <span className="quiet">
          {row?.name ?? rubric.rubric} · {count(state.done)} done by you
          {row !== undefined && `, ${count(row.items.votes)} of ${count(row.items.wanted)} in all`}
        </span>
      }
      path={
        <>
          <Link to="/reviews">Reviews</Link> /
          <Link to="/reviews/$review" params={{ review }}>
            {row?.name ?? "this review"}
          </Link>
        </>
      }
      actions={<Pace table={table} saved={state.saved} sending={state.sending} />}
    >
      {row !== undefined && <Progress done={row.items.votes} total={row.items.wanted} label="Votes" />}
      {state.problem !== null && (
        <p className={styles.problem} role="alert">
          {state.problem.message}
        </p>
      )}
      {state.decides !== null ? (
        <Empty
          says="What you did last was a decision. It is taken back, and waits to be decided again."
          action={
            <Link className="link" to="/reviews/$review/disputes" params={{ review }} search={{ item: state.decides }}>
              Decide it again
            </Link>
          }
        />
      ) : sheet === null ? (
        state.rest === null || state.rest === "more" ? (
          state.problem === null && <Rows />
        ) : (
          <Finished rest={state.rest} review={review} onUndo={() => table.undo()} />
        )
      ) : (
        <Item
          key={sheet.item}
          sheet={sheet}
          draft={draft}
          rubric={rubric}
          hidden={form.suggestion === "after_choice"}
          table={table}
          onSkip={() => setSkipping(true)}
        />
      )}
      <Skip opened={skipping} onClose={() => setSkipping(false)} onSkip={(reason) => table.skip(reason)} />
    </Page>
  );
}

interface ItemProps {
  readonly sheet: Sheet;
  readonly draft: Draft;
  readonly rubric: RubricForm;
  readonly hidden: boolean;
  readonly table: Table;
  readonly onSkip: () => void;
}

function Item({ sheet, draft, rubric, hidden, table, onSkip }: ItemProps) {
  const [path, setPath] = useState(rubric.asked[0]?.path ?? "");
  const [view, setView] = useState<ReviewView>(() => reviewViewFor(sheet));
  const [said, setSaid] = useState("");
  useEffect(() => {
    document.querySelector("[data-here='true']")?.scrollIntoView({ block: "nearest" });
  }, [path]);
  const write = (next: Draft) => table.write(next, isWhole(next, rubric));
  const mark = (passage: Omit<Passage, "item">) =>
    write({ ...draft, passages: [...draft.passages, { ...passage, item: rubric.compares ? "" : path }] });
  const kinds = rubric.issues.map((issue) => issue.name);
  const marking = useMarking(sheet, kinds, mark);
  const at = rubric.asked.findIndex((field) => field.path === path);
  const field = rubric.asked[at];
  const answer = (digit: string) => {
    const chosen = field === undefined ? undefined : digitsOf(field).get(digit);
    if (field === undefined || chosen === undefined) return;
    setSaid("");
    write(answered(draft, field.path, chosen));
    // The next question that is open: a rubric of several is gone through by digits alone.
    const open = rubric.asked.find((one) => one.path !== field.path && (draft.items[one.path]?.answer ?? "") === "");
    if (open !== undefined) setPath(open.path);
  };
  const accept = () => {
    if (sheet.suggestion === null) setSaid(hidden ? "Make a choice of your own first." : "There is nothing to accept.");
    else table.accept();
  };
  const override = () => {
    if (sheet.suggestion === null) setSaid("There is nothing to override: answer for yourself.");
    else write(overriding(draft, sheet.suggestion, path));
  };
  const submit = () => {
    if (isWhole(draft, rubric)) table.submit();
    else setSaid("Not everything is answered yet.");
  };
  const move = (step: number) => setPath(rubric.asked[at + step]?.path ?? path);
  const begin = () => {
    setView("text");
    marking.begin();
  };
  const digits = Object.fromEntries(DIGITS.map((digit) => [`answer${digit}`, () => answer(digit)])) as Partial<
    Record<KeyName, () => void>
  >;
  useKeys(
    marking.marking === null
      ? {
          ...digits,
          accept,
          override,
          submit,
          span: begin,
          undo: () => table.undo(),
          skip: onSkip,
          nextField: () => move(1),
          previousField: () => move(-1),
          note: () => focus("[data-note='here']"),
          critique: () => focus("[data-critique]"),
          surer: () => write(surer(draft, 1)),
          lessSure: () => write(surer(draft, -1)),
          reviewView: () => setView(view === "text" ? "rendered" : "text"),
        }
      : marking.answers,
  );
  const first = draft.items[rubric.asked[0]?.path ?? ""]?.answer;
  const preferred = rubric.compares && (first === "first" || first === "second") ? first : null;
  const overrides = sheet.suggestion !== null && isWhole(draft, rubric) && !agrees(draft, sheet.suggestion);
  return (
    <div className={styles.desk}>
      <div className={styles.texts}>
        <Asked sheet={sheet} />
        <Reasons sheet={sheet} />
        <Responses
          sheet={sheet}
          view={view}
          passages={draft.passages}
          marking={marking.marking}
          preferred={preferred}
        />
      </div>
      <aside className={styles.panel} aria-label="Your review">
        <div className={styles.panelBody}>
          <SegmentedControl
            size="xs"
            fullWidth
            aria-label="How responses are shown"
            data={[
              { value: "text", label: "Text" },
              { value: "rendered", label: "Rendered" },
            ]}
            value={view}
            onChange={(next) => setView(next === "text" ? "text" : "rendered")}
          />
          <Suggestion sheet={sheet} form={rubric} hidden={hidden} />
          <FormPanel form={rubric} draft={draft} onChange={write} at={path} onMove={setPath} />
          {marking.marking !== null && (
            <Kinds form={rubric} marking={marking.marking} onTake={marking.take} onLeave={marking.leave} />
          )}
          <Remarks draft={draft} onChange={write} />
          {rubric.instructions !== "" && (
            <details className={styles.instructions}>
              <summary>What to mind</summary>
              <p>{rubric.instructions}</p>
            </details>
          )}
        </div>
        <div className={styles.actions}>
          <p role="status" className={styles.said}>
            {said}
          </p>
          <Button variant="filled" disabled={!isWhole(draft, rubric)} onClick={submit}>
            {overrides ? "Override" : "Hand in"} <kbd className={styles.key}>Ctrl Enter</kbd>
          </Button>
          <Button disabled={sheet.suggestion === null} onClick={accept}>
            Accept <kbd className={styles.key}>a</kbd>
          </Button>
          <Button disabled={sheet.suggestion === null} onClick={override}>
            Otherwise <kbd className={styles.key}>o</kbd>
          </Button>
          <Button onMouseDown={(event) => event.preventDefault()} onClick={begin}>
            Mark <kbd className={styles.key}>s</kbd>
          </Button>
          <Button onClick={() => table.undo()}>
            Undo <kbd className={styles.key}>u</kbd>
          </Button>
          <Button onClick={onSkip}>
            Skip <kbd className={styles.key}>x</kbd>
          </Button>
        </div>
      </aside>
    </div>
  );
}

interface PaceProps {
  readonly table: Table;
  readonly saved: boolean;
  readonly sending: boolean;
}

/** How long this one has taken, and the others. */
function Pace({ table, saved, sending }: PaceProps) {
  const now = useSyncExternalStore(everySecond, table.seconds);
  const pace = table.pace();
  return (
    <span className="quiet figures">
      {count(now)} s on this{pace !== null && `, ${count(pace)} s each`} ·{" "}
      {sending ? "sending" : saved ? "kept" : "keeping"}
    </span>
  );
}

function everySecond(tick: () => void): () => void {
  const timer = setInterval(tick, 1000);
  return () => clearInterval(timer);
}

const RESTS: Readonly<Record<Exclude<Handed["rest"], "more">, string>> = {
  all_done: "Everything is reviewed.",
  with_others: "There is nothing for you now: others have the rest on their tables, or still to come.",
  passed_on: "There is nothing left but what was skipped: others, or those who decide, see to that.",
  closed: "This review is closed.",
};

interface FinishedProps {
  readonly rest: Exclude<Handed["rest"], "more">;
  readonly review: string;
  readonly onUndo: () => void;
}

function Finished({ rest, review, onUndo }: FinishedProps) {
  useKeys({ undo: onUndo });
  return (
    <Empty
      says={RESTS[rest]}
      action={
        <>
          <Link className="link" to="/reviews/$review" params={{ review }}>
            What it came to
          </Link>
          <Button onClick={onUndo}>
            Take the last one back <kbd className={styles.key}>u</kbd>
          </Button>
        </>
      }
    />
  );
}

interface SkipProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onSkip: (reason: string) => void;
}

function Skip({ opened, onClose, onSkip }: SkipProps) {
  const [reason, setReason] = useState("");
  return (
    <Modal opened={opened} onClose={onClose} title="Leave this to others">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (reason.trim() === "") return;
          onSkip(reason);
          setReason("");
          onClose();
        }}
      >
        <TextInput
          label="Why"
          data-autofocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Button type="submit" variant="filled" mt={10} disabled={reason.trim() === ""}>
          Skip
        </Button>
      </form>
    </Modal>
  );
}

function focus(selector: string): void {
  document.querySelector<HTMLElement>(`main ${selector}`)?.focus();
}
