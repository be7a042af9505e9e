/** What lets a style of our own into the page: the server writes a new one into each. */
export function nonce(): string {
  return document.querySelector<HTMLMetaElement>("meta[property='csp-nonce']")?.nonce ?? "";
}
