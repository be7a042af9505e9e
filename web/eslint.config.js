import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import { readdirSync } from "node:fs";
import ts from "typescript-eslint";

const SHARED = ["app", "ui", "api"];
const nouns = readdirSync("src", { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !SHARED.includes(entry.name))
  .map((entry) => entry.name);

/** Layers: app → nouns → ui → api; no noun knows another. */
const restricted = (files, folders) => ({
  files,
  rules: {
    "no-restricted-imports": [
      "error",
      { patterns: folders.map((name) => ({ group: [`~/${name}/*`], message: "app → nouns → ui → api" })) },
    ],
  },
});

export default ts.config(
  { ignores: ["node_modules", "src/api/schema.ts", "dist", "public/scheme.js", "postcss.config.cjs"] },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  jsxA11y.flatConfigs.strict,
  reactHooks.configs.flat["recommended-latest"],
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ["eslint.config.js"] } } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // The list is drawn by a virtual scroller, which keeps its own state outside of React.
      "react-hooks/incompatible-library": "off",
      "no-restricted-syntax": [
        "error",
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "Text of models is never HTML." },
      ],
    },
  },
  restricted(["src/api/**"], ["app", "ui", ...nouns]),
  restricted(["src/ui/**"], ["app", ...nouns]),
  ...nouns.map((noun) => restricted([`src/${noun}/**`], ["app", ...nouns.filter((other) => other !== noun)])),
  { files: ["eslint.config.js"], ...ts.configs.disableTypeChecked },
);
