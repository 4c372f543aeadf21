// Errors of the server (RFC 9457), and what a person is told about them.

export interface ProblemBody {
  title?: string;
  status?: number;
  code?: string;
  detail?: string;
}

/** The server answered, and the answer is no. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
  ) {
    super(detail);
  }
}

/** No answer: whether anything was done is not known. */
export class NoAnswer extends Error {
  constructor() {
    super("no answer from the server");
  }
}

export async function problemOf(response: Response): Promise<Problem> {
  let body: ProblemBody = {};
  try {
    body = (await response.json()) as ProblemBody;
  } catch {
    // Not ours: a proxy's page, say. The status says enough.
  }
  return new Problem(response.status, body.code ?? "internal", body.detail ?? body.title ?? `status ${response.status}`);
}

/** What to show for whatever a call threw. */
export function inWords(error: unknown): string {
  if (error instanceof NoAnswer) return "No answer from the server. Nothing is known to be done.";
  if (error instanceof Problem) {
    const detail = error.detail;
    return detail.charAt(0).toUpperCase() + detail.slice(1);
  }
  return "This page failed. Load it again.";
}
