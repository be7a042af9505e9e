import { javascriptLanguage, jsxLanguage, tsxLanguage, typescriptLanguage } from "@codemirror/lang-javascript";
import { jsonLanguage } from "@codemirror/lang-json";
import { pythonLanguage } from "@codemirror/lang-python";
import { yamlLanguage } from "@codemirror/lang-yaml";
import type { LRLanguage } from "@codemirror/language";

const LANGUAGES: Readonly<Record<string, LRLanguage>> = {
  python: pythonLanguage,
  py: pythonLanguage,
  javascript: javascriptLanguage,
  js: javascriptLanguage,
  jsx: jsxLanguage,
  typescript: typescriptLanguage,
  ts: typescriptLanguage,
  tsx: tsxLanguage,
  json: jsonLanguage,
  yaml: yamlLanguage,
  yml: yamlLanguage,
};

export function parserOf(language: string): LRLanguage["parser"] | null {
  return LANGUAGES[language.toLowerCase()]?.parser ?? null;
}
