import { bytes, count, money, percent, seconds } from "~/ui/figures";
import { Mark } from "~/ui/mark";
import { PlainText, Visible } from "~/ui/text/plain-text";
import type { Told } from "./told";
import { ballotsIn, flagsIn, restOf, testsIn, textIn, wordsIn } from "./told";
import styles from "./samples.module.css";

/** How a verdict came about: tests, what the sandbox wrote, a judge's ballots, its quotes; the rest as it was kept. */
export function Trace({ trace }: { readonly trace: Told }) {
  const tests = testsIn(trace);
  const every = ballotsIn(trace);
  // One ballot says no more than the verdict does.
  const ballots = every.length > 1 || every.some((ballot) => ballot.error !== null) ? every : [];
  const flags = flagsIn(trace);
  const words = wordsIn(trace);
  const rest = restOf(trace);
  return (
    <>
      {tests.length > 0 && (
        <details className={styles.part} open>
          <summary>
            Tests: {count(tests.filter((test) => test.status === "passed").length)} of {count(tests.length)} passed
          </summary>
          <ol className={styles.tests}>
            {tests.map((test, index) => (
              <li key={index}>
                <Mark of={{ value: test.status === "passed" ? 1 : 0, label: test.status, error: null }} />
                <code>
                  <Visible text={test.test === "" ? (test.error !== "" ? test.error : "test code") : test.test} />
                </code>
                {test.hidden && <span className="quiet">hidden</span>}
                {test.status !== "passed" && test.test !== "" && (
                  <span className={styles.got}>
                    <Visible text={test.error !== "" ? test.error : `got ${test.got}`} />
                  </span>
                )}
              </li>
            ))}
          </ol>
        </details>
      )}
      {(["stdout", "stderr"] as const).map((stream) => {
        const text = textIn(trace, stream);
        return text === "" ? null : (
          <details key={stream} className={styles.part}>
            <summary>{stream}</summary>
            <PlainText text={text} />
          </details>
        );
      })}
      {typeof trace["wall"] === "number" && (
        <p className="quiet figures">
          {textIn(trace, "sandbox")} · {seconds(trace["wall"])}
          {typeof trace["peak_memory"] === "number" && ` · ${bytes(trace["peak_memory"])}`}
          {trace["cheatable"] === true && " · could have decided its own tests"}
        </p>
      )}
      {flags.length > 0 && (
        <ul className={styles.flags}>
          {flags.map((flag, index) => (
            <li key={index}>
              <Visible text={flag} />
            </li>
          ))}
        </ul>
      )}
      {words.length > 0 && (
        <ul className={styles.quotes}>
          {words.map((quote, index) => (
            <li key={index}>
              <q>
                <Visible text={quote.words} />
              </q>{" "}
              <span className="quiet">
                <Visible text={quote.note === "" ? quote.from : `${quote.from}: ${quote.note}`} />
                {quote.start === null && " · is not in the text"}
              </span>
            </li>
          ))}
        </ul>
      )}
      {ballots.length > 0 && (
        <details className={styles.part}>
          <summary>Ballots ({count(ballots.length)})</summary>
          <table className={styles.ballots}>
            <thead>
              <tr>
                <th scope="col">Order, vote</th>
                <th scope="col">Said</th>
                <th scope="col">Sure</th>
                <th scope="col">Took</th>
              </tr>
            </thead>
            <tbody>
              {ballots.map((ballot, index) => (
                <tr key={index}>
                  <td>
                    {ballot.order.replace("_", " ")}, {ballot.vote}
                  </td>
                  <td>
                    <Visible text={ballot.error ?? ballot.said ?? "–"} />
                  </td>
                  <td>{percent(ballot.confidence, 0)}</td>
                  <td>
                    {seconds(ballot.latency)}
                    {ballot.cost !== null && ` · ${money(ballot.cost)}`}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
      {Object.keys(rest).length > 0 && (
        <details className={styles.part}>
          <summary>More</summary>
          <PlainText text={JSON.stringify(rest, null, 2)} />
        </details>
      )}
    </>
  );
}
