import type { AnswerName, Answers, Data, Params, SearchLine } from "./model.js";

/** Asks the server that the page comes from. */
export class LiveData implements Data {
  readonly isLive = true;

  has(): boolean {
    return true;
  }

  async ask<N extends AnswerName>(name: N, params: Params = {}): Promise<Answers[N]> {
    const reply = await fetch(addressOf(name, params));
    if (!reply.ok) throw await failure(reply);
    return (await reply.json()) as Answers[N];
  }

  async search(params: Params, onLine: (line: SearchLine) => void, signal: AbortSignal): Promise<void> {
    const reply = await fetch(addressOf("search", params), { signal });
    if (!reply.ok || !reply.body) throw await failure(reply);
    let rest = "";
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      const lines = (rest + piece.value).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(JSON.parse(line) as SearchLine);
    }
  }
}

function addressOf(name: string, params: Params): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    const values = value === undefined ? [] : typeof value === "object" ? value : [String(value)];
    for (const each of values) query.append(key, each);
  }
  return `/api/${name}?${query.toString()}`;
}

async function failure(reply: Response): Promise<Error> {
  const text = await reply.text();
  try {
    const { message, hint } = JSON.parse(text) as { message: string; hint: string | null };
    return new Error(hint === null ? message : `${message}. ${hint}`);
  } catch {
    return new Error(text.trim() || `the server answers ${reply.status}`);
  }
}
