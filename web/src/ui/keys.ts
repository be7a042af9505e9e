/** Every key of the application, in one place. Two that could both answer a stroke are a failing test. */

export type Scope = "everywhere" | "list" | "run" | "sample" | "compare" | "review" | "mark" | "judge";

export interface Key {
  /** What is pressed: `j`, `mod+k`, or one after the other, `g d`. */
  readonly keys: string;
  readonly scope: Scope;
  readonly does: string;
}

export const KEYS = {
  palette: { keys: "mod+k", scope: "everywhere", does: "Find a page or an action" },
  keys: { keys: "?", scope: "everywhere", does: "Show the keys" },
  theme: { keys: "g l", scope: "everywhere", does: "Change between light and dark" },
  dashboard: { keys: "g d", scope: "everywhere", does: "Go to the dashboard" },
  experiments: { keys: "g e", scope: "everywhere", does: "Go to the experiments" },
  runs: { keys: "g r", scope: "everywhere", does: "Go to the runs" },
  compare: { keys: "g c", scope: "everywhere", does: "Go to compare" },
  judging: { keys: "g j", scope: "everywhere", does: "Go to the judges" },
  data: { keys: "g t", scope: "everywhere", does: "Go to tasks and data" },
  reviews: { keys: "g v", scope: "everywhere", does: "Go to the reviews" },
  preferences: { keys: "g p", scope: "everywhere", does: "Go to the preferences" },
  jobs: { keys: "g o", scope: "everywhere", does: "Go to the jobs" },
  settings: { keys: "g s", scope: "everywhere", does: "Go to the settings" },
  start: { keys: "g n", scope: "everywhere", does: "Start a new experiment" },
  judge: { keys: "g a", scope: "everywhere", does: "Have answers judged" },
  search: { keys: "/", scope: "everywhere", does: "Search on this page" },
  down: { keys: "j", scope: "list", does: "Next row" },
  up: { keys: "k", scope: "list", does: "Previous row" },
  open: { keys: "Enter", scope: "list", does: "Open the row" },
  peek: { keys: "p", scope: "list", does: "See the row beside the list, or no longer" },
  closePeek: { keys: "Escape", scope: "list", does: "See it no longer" },
  mark: { keys: "x", scope: "list", does: "Mark the row, to compare" },
  compareMarked: { keys: "c", scope: "list", does: "Compare what is marked" },
  stop: { keys: "s", scope: "run", does: "Stop the run, and keep its state" },
  resume: { keys: "r", scope: "run", does: "Take the run up again" },
  failed: { keys: "f", scope: "run", does: "Only failed samples, or all" },
  next: { keys: "j", scope: "sample", does: "Next sample" },
  previous: { keys: "k", scope: "sample", does: "Previous sample" },
  back: { keys: "Escape", scope: "sample", does: "Back to the run" },
  view: { keys: "v", scope: "sample", does: "Next way to show the answers" },
  diff: { keys: "d", scope: "sample", does: "Show the difference, or the answers" },
  regressed: { keys: "1", scope: "compare", does: "Only regressed samples" },
  fixed: { keys: "2", scope: "compare", does: "Only fixed samples" },
  bothWrong: { keys: "3", scope: "compare", does: "Only samples both have wrong" },
  bothRight: { keys: "4", scope: "compare", does: "Only samples both have right" },
  swap: { keys: "w", scope: "compare", does: "Swap base and other" },
  answer1: { keys: "1", scope: "review", does: "A is better, yes, or the first answer" },
  answer2: { keys: "2", scope: "review", does: "B is better, no, or the second answer" },
  answer0: { keys: "0", scope: "review", does: "A tie, or cannot tell" },
  answer3: { keys: "3", scope: "review", does: "The third answer, and so on" },
  answer4: { keys: "4", scope: "review", does: "The fourth answer" },
  answer5: { keys: "5", scope: "review", does: "The fifth answer" },
  answer6: { keys: "6", scope: "review", does: "The sixth answer" },
  answer7: { keys: "7", scope: "review", does: "The seventh answer" },
  answer8: { keys: "8", scope: "review", does: "The eighth answer" },
  answer9: { keys: "9", scope: "review", does: "The ninth answer" },
  accept: { keys: "a", scope: "review", does: "Accept what the judge says, and go on" },
  override: { keys: "o", scope: "review", does: "Override: say otherwise than the judge" },
  span: { keys: "s", scope: "review", does: "Mark what is selected, or line by line" },
  submit: { keys: "mod+enter", scope: "review", does: "Hand in, and go on" },
  undo: { keys: "u", scope: "review", does: "Take back what was handed in last" },
  skip: { keys: "x", scope: "review", does: "Leave this to others" },
  nextField: { keys: "j", scope: "review", does: "Next question" },
  previousField: { keys: "k", scope: "review", does: "Previous question" },
  note: { keys: "n", scope: "review", does: "Write why" },
  critique: { keys: "c", scope: "review", does: "Write a critique" },
  surer: { keys: "+", scope: "review", does: "Say that you are more sure" },
  lessSure: { keys: "-", scope: "review", does: "Say that you are less sure" },
  reviewView: { keys: "v", scope: "review", does: "As text, or rendered" },
  lineDown: { keys: "j", scope: "mark", does: "Next line" },
  lineUp: { keys: "k", scope: "mark", does: "Previous line" },
  longer: { keys: "J", scope: "mark", does: "One line more" },
  shorter: { keys: "K", scope: "mark", does: "One line less" },
  otherText: { keys: "l", scope: "mark", does: "The other response" },
  take: { keys: "Enter", scope: "mark", does: "Mark it; of no special kind" },
  leave: { keys: "Escape", scope: "mark", does: "Mark nothing" },
  kind1: { keys: "1", scope: "mark", does: "Mark it as the first kind of issue" },
  kind2: { keys: "2", scope: "mark", does: "… the second kind, and so on" },
  kind3: { keys: "3", scope: "mark", does: "… the third kind" },
  kind4: { keys: "4", scope: "mark", does: "… the fourth kind" },
  kind5: { keys: "5", scope: "mark", does: "… the fifth kind" },
  kind6: { keys: "6", scope: "mark", does: "… the sixth kind" },
  kind7: { keys: "7", scope: "mark", does: "… the seventh kind" },
  kind8: { keys: "8", scope: "mark", does: "… the eighth kind" },
  kind9: { keys: "9", scope: "mark", does: "… the ninth kind" },
  send: { keys: "mod+enter", scope: "judge", does: "Have the answers judged" },
} as const satisfies Record<string, Key>;

export type KeyName = keyof typeof KEYS;

/** Scopes that are active at once on some page, besides `everywhere`. */
export const TOGETHER: readonly (readonly Scope[])[] = [
  ["list", "run"],
  ["list", "compare"],
  ["sample"],
  ["review"],
  ["mark"],
  ["judge"],
];

/** Pairs of names that could both answer the same stroke on some page. */
export function clashes(keys: Readonly<Record<string, Key>> = KEYS): string[] {
  return TOGETHER.flatMap((scopes) => {
    const active = Object.entries(keys).filter(([, key]) => key.scope === "everywhere" || scopes.includes(key.scope));
    return active.flatMap(([name, key], index) =>
      active
        .slice(index + 1)
        .filter(([, other]) => hides(key.keys, other.keys) || hides(other.keys, key.keys))
        .map(([other]) => `${name} and ${other}`),
    );
  });
}

/** Whether the first is answered before the second can be typed to its end. */
function hides(first: string, second: string): boolean {
  const [short, long] = [first.split(" "), second.split(" ")];
  return short.length <= long.length && short.every((stroke, index) => stroke === long[index]);
}
