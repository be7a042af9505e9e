/** A stream of the server's events, that the browser takes up again where it broke off. */
export function follow(path: string, answers: Readonly<Record<string, (body: unknown) => void>>): () => void {
  const source = new EventSource(path);
  for (const [kind, answer] of Object.entries(answers)) {
    source.addEventListener(kind, (event: MessageEvent<string>) => {
      const body = parsed(event.data);
      if (body !== undefined) answer(body);
    });
  }
  return () => source.close();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
