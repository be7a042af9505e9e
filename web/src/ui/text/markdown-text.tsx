import "katex/dist/katex.min.css";
import type { Options as KatexOptions } from "rehype-katex";
import type { ComponentPropsWithoutRef, ReactNode } from "react";
import Markdown from "react-markdown";
import rehypeKatex from "rehype-katex";
import remarkGfm from "remark-gfm";
import remarkMath from "remark-math";
import { CodeText } from "./code-text";
import { dollars } from "./dollars";
import { visible } from "./odd";
import { Shortened } from "./plain-text";
import styles from "./text.module.css";

const KATEX: KatexOptions = { trust: false, strict: "ignore", maxExpand: 200, maxSize: 10 };

/** Markdown and LaTeX of a model. No HTML of its own; links show where they lead; pictures are not fetched. */
export default function MarkdownText({ text }: { readonly text: string }) {
  return (
    <Shortened text={text}>
      {(part) => (
        <div className={styles.markdown} dir="auto">
          <Markdown
            remarkPlugins={[remarkGfm, remarkMath]}
            rehypePlugins={[[rehypeKatex, KATEX]]}
            components={{ a: Link, img: Picture, pre: Block, input: Tick }}
          >
            {dollars(visible(part))}
          </Markdown>
        </div>
      )}
    </Shortened>
  );
}

/** A link that says where it leads, and leads there only if that is the web. */
function Link({ href, children }: ComponentPropsWithoutRef<"a">) {
  if (href === undefined || !/^https?:\/\//i.test(href)) return <span>{children}</span>;
  return (
    <>
      <a className="link" href={href} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>{" "}
      <span className={styles.address}>({href.slice(0, 120)})</span>
    </>
  );
}

function Picture({ alt, src }: ComponentPropsWithoutRef<"img">) {
  return (
    <span className={styles.address}>
      [picture, not fetched: {alt} {typeof src === "string" ? src.slice(0, 120) : ""}]
    </span>
  );
}

function Tick({ checked }: ComponentPropsWithoutRef<"input">) {
  return <span>{checked === true ? "☑" : "☐"}</span>;
}

function Block({ children }: ComponentPropsWithoutRef<"pre">) {
  const { language, code } = fenced(children);
  return (
    <div className={styles.block}>
      <CodeText text={code} language={language} />
    </div>
  );
}

function fenced(children: ReactNode): { language: string; code: string } {
  if (children === null || typeof children !== "object" || !("props" in children)) return { language: "", code: "" };
  const { className, children: code } = children.props as { className?: string; children?: ReactNode };
  return {
    language: /language-([\w+-]+)/.exec(className ?? "")?.[1] ?? "",
    code: typeof code === "string" ? code.replace(/\n$/, "") : "",
  };
}
