/* Server-sent events read by fetch, because EventSource cannot send a header and a token does not
   belong in an address. Resumes with Last-Event-ID, backs off when the server is away, notices a
   silent connection. The parser is apart from the connection, so that it can be tested alone. */
import { apiPath, authorised } from './client.ts';

export interface ServerEvent {
  id: string | null;
  event: string;
  data: string;
}

/* Feeds on pieces of text cut anywhere and returns the frames completed by each piece. */
export class SseParser {
  lastId: string | null;
  private rest = '';
  private event = '';
  private data: string[] = [];

  constructor(lastId: string | null = null) {
    this.lastId = lastId;
  }

  push(piece: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    this.rest += piece;
    /* A CR at the very end may be half of CRLF: wait for the next piece. */
    const lines = this.rest.split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      const done = this.line(line);
      if (done) events.push(done);
    }
    return events;
  }

  private line(line: string): ServerEvent | null {
    if (line === '') return this.finish();
    if (line.startsWith(':')) return null;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.event = value;
    else if (field === 'data') this.data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.lastId = value;
    return null;
  }

  private finish(): ServerEvent | null {
    const event = this.event || 'message';
    const data = this.data;
    this.event = '';
    this.data = [];
    return data.length === 0 ? null : { id: this.lastId, event, data: data.join('\n') };
  }
}

export type StreamStatus = 'connecting' | 'open' | 'retrying' | 'closed';

export interface StreamOptions {
  path: string;
  token?: string | null;
  lastEventId?: string | null;
  onEvent: (event: ServerEvent) => void;
  onStatus?: (status: StreamStatus) => void;
  /* Called on 401, 403, 404 and 410; the stream then stays closed. */
  onRefused?: (status: number) => void;
  /* Called when a connection was lost and is back: what was missed may have to be fetched. */
  onResumed?: () => void;
}

const FIRST_DELAY_MS = 500;
const LAST_DELAY_MS = 30_000;
const SILENCE_MS = 45_000; /* three pings missed */

export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return Math.round(full / 2 + (full / 2) * random);
}

export class EventStream {
  private readonly options: StreamOptions;
  private lastId: string | null;
  private attempt = 0;
  private wasOpen = false;
  private stopped = false;
  private abort: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: StreamOptions) {
    this.options = options;
    this.lastId = options.lastEventId ?? null;
    void this.connect();
  }

  close(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.abort?.abort();
    this.options.onStatus?.('closed');
  }

  /* Tries at once instead of waiting out the delay, for instance when the network is back. */
  retryNow(): void {
    if (this.stopped || this.timer === undefined) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    void this.connect();
  }

  private async connect(): Promise<void> {
    const abort = new AbortController();
    this.abort = abort;
    this.timer = undefined;
    this.options.onStatus?.(this.wasOpen || this.attempt > 0 ? 'retrying' : 'connecting');
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream', ...authorised(this.options.token) };
      if (this.lastId !== null) headers['Last-Event-ID'] = this.lastId;
      const init: RequestInit = { headers, credentials: 'same-origin', cache: 'no-store', signal: abort.signal };
      const response = await fetch(apiPath(this.options.path), init);
      if ([401, 403, 404, 410].includes(response.status)) {
        this.stopped = true;
        this.options.onStatus?.('closed');
        this.options.onRefused?.(response.status);
        return;
      }
      if (response.ok && response.body) await this.read(response.body, abort);
    } catch {
      /* Told by the status; the next try follows. */
    }
    this.again();
  }

  private async read(body: ReadableStream<Uint8Array>, abort: AbortController): Promise<void> {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const parser = new SseParser(this.lastId);
    this.attempt = 0;
    this.options.onStatus?.('open');
    if (this.wasOpen) this.options.onResumed?.();
    this.wasOpen = true;
    for (;;) {
      const silence = setTimeout(() => abort.abort(), SILENCE_MS);
      const { done, value } = await reader.read().finally(() => clearTimeout(silence));
      if (done || this.stopped) return;
      for (const event of parser.push(decoder.decode(value, { stream: true }))) {
        this.lastId = event.id;
        this.options.onEvent(event);
      }
    }
  }

  private again(): void {
    if (this.stopped) return;
    this.options.onStatus?.('retrying');
    this.timer = setTimeout(() => void this.connect(), backoffMs(this.attempt, Math.random()));
    this.attempt += 1;
  }
}
