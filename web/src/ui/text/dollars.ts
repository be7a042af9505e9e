/** LaTeX in `\(…\)` and `\[…\]`, as most models write it, in the dollars that Markdown knows; code stays as it is. */
export function dollars(text: string): string {
  return text
    .split(/(```[\s\S]*?(?:```|$)|`[^`\n]*`)/)
    .map((part, index) => (index % 2 === 1 ? part : inDollars(part)))
    .join("");
}

function inDollars(text: string): string {
  return text
    .replace(/\\\[([\s\S]{1,4000}?)\\\]/g, (_, formula: string) => `\n$$\n${formula.trim()}\n$$\n`)
    .replace(/\\\(([^\n]{1,2000}?)\\\)/g, (_, formula: string) => `$${formula}$`);
}
