import type { Handed, Sheet } from "~/api/records";
import { ApiError } from "~/api/errors";
import { BLANK, draftOf, filledOf } from "./draft";
import type { Draft } from "./draft";
import type { Desk } from "./queries";

export interface TableState {
  /** What lies there; null while it is on its way, or if there is nothing. */
  readonly sheet: Sheet | null;
  readonly ahead: readonly Sheet[];
  /** Why there is nothing, once that is known. */
  readonly rest: Handed["rest"] | null;
  readonly done: number;
  readonly skipped: number;
  readonly draft: Draft;
  readonly saved: boolean;
  /** Something that was handed in is on its way. */
  readonly sending: boolean;
  readonly problem: Error | null;
  /** What was taken back is a decision, and is to be made on its own page. */
  readonly decides: string | null;
}

const PAUSE = 400;
const IDLE = 60_000;
const AGAIN = 2000;

/**
 * A reviewer's table. What is handed in goes to the server one thing after the other, while the next item is shown at
 * once; each stroke is about the item that was shown when it was made, and none is ever moved to another.
 */
export class Table {
  #state: TableState = {
    ...{ sheet: null, ahead: [], rest: null, done: 0, skipped: 0, draft: BLANK },
    ...{ saved: true, sending: false, problem: null, decides: null },
  };
  readonly #desk: Desk;
  /** Whether the judge's word comes after a first choice. */
  readonly #afterChoice: boolean;
  readonly #key: string;
  readonly #listeners = new Set<() => void>();
  readonly #handed: string[] = [];
  readonly #chosen = new Set<string>();
  readonly #spent = new Map<string, number>();
  #each: number[] = [];
  #chain: Promise<void> = Promise.resolve();
  #waiting = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #active = Date.now();
  #left = false;

  constructor(desk: Desk, key: string, afterChoice: boolean) {
    this.#desk = desk;
    this.#key = `benchbook draft ${key}`;
    this.#afterChoice = afterChoice;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): TableState => this.#state;

  /** Sits down; what it gives gets up again. */
  open(): () => void {
    this.#left = false;
    const watch = setInterval(() => this.#tick(), 1000);
    const stir = () => (this.#active = Date.now());
    const leave = () => this.#flush();
    window.addEventListener("pagehide", leave);
    for (const kind of ["keydown", "pointermove", "wheel", "touchmove"]) window.addEventListener(kind, stir, true);
    this.#queue(async () => this.#lay(await this.#insist(this.#desk.claim)));
    return () => {
      this.#left = true;
      clearInterval(watch);
      this.#flush();
      window.removeEventListener("pagehide", leave);
      for (const kind of ["keydown", "pointermove", "wheel", "touchmove"]) window.removeEventListener(kind, stir, true);
    };
  }

  /** Seconds of work on what lies there. */
  readonly seconds = (): number => (this.#state.sheet === null ? 0 : (this.#spent.get(this.#state.sheet.item) ?? 0));

  /** Seconds that an item has taken until now, in this sitting. */
  readonly pace = (): number | null =>
    this.#each.length === 0 ? null : this.#each.reduce((sum, one) => sum + one, 0) / this.#each.length;

  /** Fills in. With a first choice that is `whole` the judge's word is asked for, where it comes after that. */
  write(draft: Draft, whole: boolean): void {
    const { sheet } = this.#state;
    if (sheet === null) return;
    this.#set({ draft, saved: false });
    clearTimeout(this.#timer);
    if (whole && this.#afterChoice && sheet.suggestion === null && !this.#chosen.has(sheet.item)) {
      this.#chosen.add(sheet.item);
      this.#queue(async () => this.#show(await this.#desk.choose(sheet.item, filledOf(draft))));
    }
    this.#timer = setTimeout(() => this.#save(sheet.item), PAUSE);
  }

  submit(): void {
    const { sheet, draft } = this.#state;
    if (sheet === null) return;
    const filled = filledOf(draft, this.seconds());
    this.#hand(sheet, () => this.#desk.submit(sheet.item, filled));
  }

  accept(): void {
    const { sheet, draft } = this.#state;
    if (sheet === null) return;
    const said = { seconds: this.seconds(), confidence: draft.confidence };
    this.#hand(sheet, () => this.#desk.accept(sheet.item, said));
  }

  skip(reason: string): void {
    const { sheet } = this.#state;
    if (sheet !== null) this.#hand(sheet, () => this.#desk.skip(sheet.item, reason));
  }

  /** Takes back the last thing. */
  undo(): void {
    this.#queue(async () => {
      const back = await this.#desk.undo(this.#handed.pop() ?? null);
      if (back.decides) {
        this.#set({ decides: back.item });
        return;
      }
      const { sheet, ahead } = this.#state;
      this.#each.pop();
      const others = [sheet, ...ahead].filter((one): one is Sheet => one !== null && one.item !== back.item);
      this.#set({ sheet: back, ahead: others.slice(0, 2), rest: "more", draft: draftOf(back.draft), saved: true });
      this.#set({ done: Math.max(0, this.#state.done - 1) });
    });
  }

  #hand(sheet: Sheet, post: () => Promise<unknown>): void {
    clearTimeout(this.#timer);
    if (this.#touched()) this.#remember(sheet.item, this.#state.draft);
    const [next = null, ...ahead] = this.#state.ahead;
    this.#handed.push(sheet.item);
    this.#each = [...this.#each, this.#spent.get(sheet.item) ?? 0];
    this.#set({ sheet: next, ahead, draft: this.#found(next), saved: true, done: this.#state.done + 1, problem: null });
    this.#queue(async () => {
      try {
        await this.#insist(post);
        this.#forget(sheet.item);
      } catch (error) {
        this.#handed.splice(this.#handed.lastIndexOf(sheet.item), 1);
        throw error;
      }
      const handed = await this.#insist(this.#desk.claim);
      // Something else was handed in meanwhile: what comes after that is laid there.
      if (this.#waiting === 1) this.#lay(handed);
    });
  }

  /** Does it again until the server answers, for it may be away; done twice is done once. */
  async #insist<T>(act: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const done = await act();
        this.#set({ problem: null });
        return done;
      } catch (error) {
        if (this.#left || !isAway(error)) throw error;
        this.#set({ problem: error as Error });
        await new Promise((later) => setTimeout(later, AGAIN));
      }
    }
  }

  #queue(act: () => Promise<void>): void {
    this.#waiting += 1;
    this.#set({ sending: true });
    this.#chain = this.#chain
      .then(act)
      .catch((error: unknown) => this.#recover(error))
      .finally(() => {
        this.#waiting -= 1;
        if (this.#waiting === 0) this.#set({ sending: false });
      });
  }

  /** After something went wrong: what the server says lies on the table does. */
  async #recover(error: unknown): Promise<void> {
    this.#set({ problem: error instanceof Error ? error : new Error(String(error)) });
    if (!(error instanceof ApiError)) return;
    try {
      this.#lay(await this.#desk.claim());
    } catch {
      // What was said first says more.
    }
  }

  #lay({ sheet, ahead, rest, done, skipped }: Handed): void {
    const same = sheet !== null && sheet.item === this.#state.sheet?.item;
    const draft = same && this.#touched() ? this.#state.draft : this.#found(sheet);
    this.#set({ sheet, ahead, rest, done, skipped, draft });
    if (same && !this.#state.saved) this.#save(sheet.item);
  }

  #show(sheet: Sheet): void {
    if (sheet.item === this.#state.sheet?.item) this.#set({ sheet });
  }

  #touched(): boolean {
    return this.#state.draft !== BLANK;
  }

  /** What was filled in before a reload, or is kept by the server. */
  #found(sheet: Sheet | null): Draft {
    if (sheet === null) return BLANK;
    const left = sessionStorage.getItem(`${this.#key} ${sheet.item}`);
    if (left === null) return sheet.draft === null ? BLANK : draftOf(sheet.draft);
    this.#forget(sheet.item);
    try {
      return draftOf(JSON.parse(left) as Sheet["draft"]);
    } catch {
      return draftOf(sheet.draft);
    }
  }

  #save(item: string): void {
    const { sheet, draft, saved } = this.#state;
    if (sheet?.item !== item || sheet.assignment === null || saved) return;
    this.#desk.save(item, filledOf(draft)).then(
      () => this.#state.draft === draft && this.#set({ saved: true, problem: null }),
      (error: unknown) => {
        const still = this.#state.sheet?.item === item && !this.#state.sending;
        if (!still) return;
        this.#set({ problem: error instanceof Error ? error : new Error(String(error)) });
        if (!this.#left && isAway(error)) this.#timer = setTimeout(() => this.#save(item), AGAIN);
      },
    );
  }

  #remember(item: string, draft: Draft): void {
    sessionStorage.setItem(`${this.#key} ${item}`, JSON.stringify(draft));
  }

  #forget(item: string): void {
    sessionStorage.removeItem(`${this.#key} ${item}`);
  }

  /** The page goes away: what is not kept yet is, here and there. */
  #flush(): void {
    clearTimeout(this.#timer);
    const { sheet, draft, saved } = this.#state;
    if (sheet === null || saved) return;
    this.#remember(sheet.item, draft);
    if (sheet.assignment !== null) this.#desk.save(sheet.item, filledOf(draft), true).catch(() => undefined);
  }

  #tick(): void {
    const { sheet } = this.#state;
    if (sheet === null || document.hidden || Date.now() - this.#active > IDLE) return;
    this.#spent.set(sheet.item, (this.#spent.get(sheet.item) ?? 0) + 1);
  }

  #set(change: Partial<TableState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** Whether it is the server or its database that does not answer, and not that it says no. */
function isAway(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status === 503;
}
