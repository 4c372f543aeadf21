// Server-sent events out of a stream of text, as the HTML standard parses them ("9.2.6 Interpreting an event stream").

export interface SseEvent {
  event: string;
  data: string;
  /** The last id seen so far, which is where to resume. */
  id: string;
}

const LINE_CHARACTERS_MAX = 4_000_000;

export class SseParser {
  private rest = "";
  private data: string[] = [];
  private event = "";
  private id = "";
  private begun = false;

  /** Events that are complete with this piece of text. */
  feed(text: string): SseEvent[] {
    this.rest += this.begun ? text : text.replace(/^\uFEFF/, "");
    this.begun ||= text.length > 0;
    const events: SseEvent[] = [];
    for (let line = this.takeLine(); line !== undefined; line = this.takeLine()) {
      const event = this.take(line);
      if (event) events.push(event);
    }
    if (this.rest.length > LINE_CHARACTERS_MAX) throw new Error("a line of the event stream has no end");
    return events;
  }

  private takeLine(): string | undefined {
    const end = this.rest.search(/[\r\n]/);
    if (end < 0) return undefined;
    const isReturn = this.rest[end] === "\r";
    // The other half of a line's end may still be on its way.
    if (isReturn && end + 1 === this.rest.length) return undefined;
    const line = this.rest.slice(0, end);
    this.rest = this.rest.slice(end + (isReturn && this.rest[end + 1] === "\n" ? 2 : 1));
    return line;
  }

  private take(line: string): SseEvent | undefined {
    if (line === "") return this.dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.data.push(value);
    else if (field === "event") this.event = value;
    else if (field === "id" && !value.includes("\0")) this.id = value;
    return undefined;
  }

  private dispatch(): SseEvent | undefined {
    const { data, event } = this;
    this.data = [];
    this.event = "";
    return data.length === 0 ? undefined : { event: event || "message", data: data.join("\n"), id: this.id };
  }
}
