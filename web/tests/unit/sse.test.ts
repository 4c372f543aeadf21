import { expect, test } from "vitest";
import { SseParser } from "../../src/live/sse.ts";

const TEXT = "\uFEFFevent: alert\r\nid: 7\r\ndata: {\"a\":1}\r\n\r\n: a comment\n\nevent: keepalive\ndata: one\ndata:two\n\ndata\n\nid: 9\nevent: nothing\n\n";
const EVENTS = [
  { event: "alert", data: '{"a":1}', id: "7" },
  { event: "keepalive", data: "one\ntwo", id: "7" },
  { event: "message", data: "", id: "7" },
];

test("an event is complete with its empty line and without data there is none", () => {
  expect(new SseParser().feed(TEXT)).toEqual(EVENTS);
});

test("wherever the network cuts the text the events are the same", () => {
  for (let first = 0; first <= TEXT.length; first++) {
    for (let second = first; second <= TEXT.length; second++) {
      const parser = new SseParser();
      const pieces = [TEXT.slice(0, first), TEXT.slice(first, second), TEXT.slice(second)];
      expect(pieces.flatMap((piece) => parser.feed(piece)), `cut at ${first} and ${second}`).toEqual(EVENTS);
    }
  }
});

test("the position is kept from event to event and is never one with a null in it", () => {
  const parser = new SseParser();
  parser.feed("id: 12\ndata: x\n\n");
  expect(parser.feed("id: 1\0 3\ndata: y\n\n")).toEqual([{ event: "message", data: "y", id: "12" }]);
});

test("a line without an end is refused and not kept for ever", () => {
  const parser = new SseParser();
  expect(() => {
    for (let piece = 0; piece < 10; piece++) parser.feed("x".repeat(1_000_000));
  }).toThrow("no end");
});
