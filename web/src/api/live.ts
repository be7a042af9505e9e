/** A stream of events from the server, that the browser takes up again where it broke off. */
export function follow(
  path: string,
  onMessage: (body: unknown) => void,
  onState?: (live: boolean) => void,
): () => void {
  const source = new EventSource(path);
  source.onmessage = (event: MessageEvent<string>) => {
    const body = parsed(event.data);
    if (body !== undefined) onMessage(body);
  };
  source.onopen = () => onState?.(true);
  source.onerror = () => onState?.(false);
  return () => source.close();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
