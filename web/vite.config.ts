import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const api = process.env["BENCHBOOK_URL"] ?? "http://127.0.0.1:8000";

/** Of KaTeX's fonts only the ones that every browser of today reads. */
const woff2Only: Plugin = {
  name: "woff2-only",
  enforce: "pre",
  transform(code, id) {
    if (!/katex.*\.css/.test(id)) return null;
    return { code: code.replace(/,url\([^)]*\.(?:woff|ttf)\) format\("(?:woff|truetype)"\)/g, ""), map: null };
  },
};

/** Editors, formulas and charts are fetched by the few pages that have them. */
function isLight(id: string): boolean {
  return !/codemirror|lezer|katex|micromark|mdast|hast|unified|remark|uplot|yaml|ui\/text\/(?!plain)|\.css/.test(id);
}

export default defineConfig({
  plugins: [woff2Only, react()],
  // The server writes a new one into the page each time.
  html: { cspNonce: "__CSP_NONCE__" },
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { proxy: { "/api": api, "/healthz": api } },
  build: {
    outDir: "../src/benchbook/data/web",
    emptyOutDir: true,
    // Nothing as data: in CSS, so that the page's policy needs no `data:`.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
    // One file of what most pages share, not two dozen small ones that each page fetches at first.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: "common", test: isLight, minShareCount: 3 }] } },
    },
  },
  test: { environment: "jsdom", include: ["tests/**/*.test.{ts,tsx}"], setupFiles: ["tests/setup.ts"] },
});
