/* One way to talk to the server, for console and widget. Requests are JSON, errors are problem
   documents (RFC 9457) thrown as ApiError. Does not cache and does not retry. */
import type { FieldError, Problem } from './types.ts';

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  readonly fields: FieldError[];

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = 'ApiError';
    this.status = problem.status;
    this.code = problem.code ?? '';
    this.requestId = problem.request_id ?? null;
    this.fields = problem.errors ?? [];
  }

  /* The network failed: nothing is known about what the server did. */
  get isOffline(): boolean {
    return this.status === 0;
  }
}

export type Query = Record<string, string | number | null | undefined>;

export interface RequestOptions {
  query?: Query;
  body?: unknown;
  file?: Blob; /* sent as it is, instead of a body */
  token?: string | null;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export function apiPath(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') search.set(key, String(value));
  }
  const text = search.toString();
  return `/api/v1${path}${text ? `?${text}` : ''}`;
}

export function authorised(token: string | null | undefined): Record<string, string> {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

async function readProblem(response: Response): Promise<Problem> {
  const fallback: Problem = {
    title: response.statusText || `HTTP ${response.status}`,
    status: response.status,
  };
  const id = response.headers.get('X-Request-Id');
  if (id) fallback.request_id = id;
  try {
    const sent = (await response.json()) as Partial<Problem>;
    return { ...fallback, ...sent, status: response.status };
  } catch {
    return fallback;
  }
}

/* What the page is in, so that errors are told in it. */
export const pageLanguage = (): string => document.documentElement.lang || navigator.language;

export async function request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': pageLanguage(), ...authorised(options.token), ...options.headers };
  const init: RequestInit = { method, headers, credentials: 'same-origin' };
  if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(options.body);
  }
  if (options.file) {
    headers['Content-Type'] = options.file.type || 'application/octet-stream';
    init.body = options.file;
  }
  if (options.signal) init.signal = options.signal;
  let response: Response;
  try {
    response = await fetch(apiPath(path, options.query), init);
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new ApiError({ title: 'network', status: 0, code: 'network' });
  }
  if (!response.ok) throw new ApiError(await readProblem(response));
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}
