import { Button, Group, Text } from "@mantine/core";
import { Fragment, useState } from "react";
import type { ReactNode } from "react";
import { bytes } from "../figures";
import { pieces, visible } from "./odd";
import { segments } from "./segments";
import type { Mark } from "./segments";
import styles from "./text.module.css";

const FIRST = 12_000;
const MOST = 400_000;

interface PlainTextProps {
  readonly text: string;
  readonly marks?: readonly Mark[];
  readonly prose?: boolean;
}

/** A model's text, letter for letter: what is odd is named, what is marked is underlined, what is long is cut. */
export function PlainText({ text, marks = [], prose = false }: PlainTextProps) {
  return (
    <Shortened text={text}>
      {(part) => (
        <pre className={prose ? styles.prose : styles.plain} dir="auto">
          {segments(part, marks).map((segment, index) =>
            segment.marks.length === 0 ? (
              <Fragment key={index}>
                <Visible text={segment.text} />
              </Fragment>
            ) : (
              <mark
                key={index}
                className={styles.mark}
                data-depth={Math.min(segment.marks.length, 3)}
                title={visible(segment.marks.map((mark) => mark.note).join("\n"))}
              >
                <Visible text={segment.text} />
              </mark>
            ),
          )}
        </pre>
      )}
    </Shortened>
  );
}

/** A line of a model's text. */
export function Visible({ text }: { readonly text: string }) {
  return pieces(text).map((piece, index) =>
    piece.odd === null ? (
      <Fragment key={index}>{piece.text}</Fragment>
    ) : (
      <span key={index} className={styles.odd} title="A character that would not be seen">
        {piece.odd}
      </span>
    ),
  );
}

interface ShortenedProps {
  readonly text: string;
  readonly children: (part: string) => ReactNode;
}

/** Gives the beginning of a long text to what draws it, and more of it when asked. */
export function Shortened({ text, children }: ShortenedProps) {
  const [shown, setShown] = useState(FIRST);
  const part = text.length > shown ? text.slice(0, whole(text, shown)) : text;
  return (
    <>
      {children(part)}
      {part.length < text.length && (
        <Group gap="xs" mt={6}>
          {shown < MOST && (
            <Button size="compact-xs" onClick={() => setShown(Math.min(shown * 6, MOST))}>
              Show more
            </Button>
          )}
          <Button size="compact-xs" variant="subtle" onClick={() => download(text)}>
            Download all
          </Button>
          <Text size="xs" c="dimmed" className="figures">
            {bytes(part.length)} of {bytes(text.length)} shown
          </Text>
        </Group>
      )}
    </>
  );
}

/** Not between the halves of a surrogate pair. */
function whole(text: string, end: number): number {
  const code = text.charCodeAt(end - 1);
  return code >= 0xd800 && code < 0xdc00 ? end - 1 : end;
}

function download(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
  const link = Object.assign(document.createElement("a"), { href: url, download: "text.txt" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
