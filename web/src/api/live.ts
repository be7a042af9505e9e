type Answers = Readonly<Record<string, (body: unknown) => void>>;

/**
 * A stream of the server's events, that the browser takes up again where it broke off. A page that nobody looks at lets
 * go of it: browsers have few connections for all pages of a server.
 */
export function follow(path: string, answers: Answers): () => void {
  let source: EventSource | null = null;
  const turn = () => {
    if (document.hidden) {
      source?.close();
      source = null;
    } else {
      source ??= opened(path, answers);
    }
  };
  turn();
  document.addEventListener("visibilitychange", turn);
  return () => {
    document.removeEventListener("visibilitychange", turn);
    source?.close();
  };
}

function opened(path: string, answers: Answers): EventSource {
  const source = new EventSource(path);
  for (const [kind, answer] of Object.entries(answers)) {
    source.addEventListener(kind, (event: MessageEvent<string>) => {
      const body = parsed(event.data);
      if (body !== undefined) answer(body);
    });
  }
  return source;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
