import type { Item, RubricFacts } from "~/api/records";
import { Section } from "~/ui/page";
import { PlainText } from "~/ui/text/plain-text";
import styles from "./data.module.css";

/** A rubric: its criteria as a tree, with what each answer is worth. */
export function RubricDetail({ facts }: { readonly facts: RubricFacts }) {
  const { rubric } = facts;
  return (
    <>
      <Section title={rubric.name} note={`version ${facts.version.slice(0, 12)}`}>
        <div className={styles.body}>
          <p>{rubric.description}</p>
          <p className="quiet">
            {rubric.compares ? "Compares two answers" : "Looks at one answer"}
            {rubric.passes !== null &&
              (rubric.passes.rule === "weighted"
                ? `; passed with ${Math.round(rubric.passes.share * 100)} % of the weights`
                : `; passed when ${rubric.passes.rule === "all" ? "all criteria are" : "any criterion is"} met`)}
            .
          </p>
        </div>
      </Section>
      <Section title="Criteria">
        <div className={styles.body}>
          <Items items={rubric.items} />
        </div>
      </Section>
      {Object.keys(rubric.issues).length > 0 && (
        <Section title="Issue categories">
          <dl className={styles.issues}>
            {Object.entries(rubric.issues).map(([name, means]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{means}</dd>
              </div>
            ))}
          </dl>
        </Section>
      )}
      <Section title="What a judge is told">
        <div className={styles.body}>
          <PlainText text={facts.criteria} />
        </div>
      </Section>
    </>
  );
}

function Items({ items }: { readonly items: readonly Item[] }) {
  return (
    <ul className={styles.items}>
      {items.map((item) => (
        <li key={item.name}>
          <strong>{item.title === "" ? item.name : item.title}</strong>{" "}
          {item.title !== "" && <code className="quiet">{item.name} </code>}
          <span className="quiet">
            {kindOf(item)}
            {item.weight !== 1 && ` · weight ${item.weight}`}
            {item.settled_by !== null && ` · settled by ${item.settled_by}`}
          </span>
          <p>{item.question}</p>
          {Object.entries(item.anchors).map(([answer, means]) => (
            <p key={answer} className={styles.anchor}>
              <em>{answer}</em> {means}
            </p>
          ))}
          {item.parts.length > 0 && <Items items={item.parts} />}
        </li>
      ))}
    </ul>
  );
}

function kindOf(item: Item): string {
  switch (item.kind) {
    case "scale":
      return `${item.low} to ${item.high}`;
    case "points":
      return `${item.points} points`;
    case "choice":
      return item.options.length === 0 ? "first, second or tie" : item.options.map((option) => option.name).join(", ");
    case "binary":
      return "yes or no";
  }
}
