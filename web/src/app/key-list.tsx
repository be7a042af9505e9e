import { Modal } from "@mantine/core";
import { KEYS } from "~/ui/keys";
import type { Key, Scope } from "~/ui/keys";
import { activeScopes } from "~/ui/use-keys";
import styles from "./key-list.module.css";

const SCOPES: readonly (readonly [Scope, string])[] = [
  ["list", "In a list"],
  ["run", "On a run"],
  ["sample", "On a sample"],
  ["compare", "When comparing"],
  ["review", "When reviewing"],
  ["mark", "When marking a passage"],
  ["everywhere", "Everywhere"],
];

/** The keys; those of this page stand first. */
export function KeyList({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keys" size={760}>
      {opened && <Lists />}
    </Modal>
  );
}

function Lists() {
  const active = activeScopes();
  const ordered = SCOPES.toSorted(([one], [two]) => Number(active.has(two)) - Number(active.has(one)));
  return (
    <div className={styles.lists}>
      {ordered.map(([scope, title]) => (
        <section key={scope} data-active={active.has(scope)}>
          <h3>{title}</h3>
          <dl>
            {Object.values<Key>(KEYS)
              .filter((key) => key.scope === scope)
              .map((key) => (
                <div key={key.keys}>
                  <dt>
                    {key.keys.split(" ").map((stroke) => (
                      <kbd key={stroke}>{stroke.replace("mod+", "Ctrl ").replace("enter", "Enter")}</kbd>
                    ))}
                  </dt>
                  <dd>{key.does}</dd>
                </div>
              ))}
          </dl>
        </section>
      ))}
    </div>
  );
}
