import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

const BUILT = "../src/benchbook/data/web";
const MOST = 400_000;

/** What the page names, and what each of these imports before anything is drawn; gzipped. */
function firstLoad(): number {
  const page = readFileSync(join(BUILT, "index.html"), "utf8");
  const wanted = [...page.matchAll(/(?:src|href)="\/?([^"]+\.js)"/g)].map((found) => String(found[1]));
  const seen = new Set<string>();
  let bytes = 0;
  for (let path = wanted.pop(); path !== undefined; path = wanted.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const code = readFileSync(join(BUILT, path));
    bytes += gzipSync(code).length;
    wanted.push(...importsIn(code.toString("utf8")).map((name) => `assets/${name}`));
  }
  return bytes;
}

/** Static imports, as the bundler writes them; `import(…)` is for later. */
function importsIn(code: string): string[] {
  return [...code.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)].map((found) => String(found[1]));
}

test.skipIf(!existsSync(BUILT))("what is loaded at first is below 400 kB, gzipped", () => {
  const names = readdirSync(join(BUILT, "assets")).filter((name) => name.endsWith(".js"));
  const bytes = firstLoad();
  expect(names.length).toBeGreaterThan(10);
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThan(MOST);
  process.stdout.write(`first load: ${Math.round(bytes / 1000)} kB\n`);
});
