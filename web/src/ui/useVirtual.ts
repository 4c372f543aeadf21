import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { type Span, visibleRows } from "./virtual.ts";

/** Rows of a list in the page's own scroll that are near the window. */
export function useVirtual(list: RefObject<HTMLElement | null>, rows: number, row_px: number): Span {
  const [span, setSpan] = useState<Span>({ first: 0, end: Math.min(rows, 30) });
  useLayoutEffect(() => {
    let frame = 0;
    const measure = () => {
      frame = 0;
      const top_px = -(list.current?.getBoundingClientRect().top ?? 0);
      const seen = visibleRows(rows, row_px, top_px, innerHeight);
      setSpan((held) => (held.first === seen.first && held.end === seen.end ? held : seen));
    };
    const later = () => {
      frame ||= requestAnimationFrame(measure);
    };
    measure();
    addEventListener("scroll", later, { passive: true });
    addEventListener("resize", later);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener("scroll", later);
      removeEventListener("resize", later);
    };
  }, [rows, row_px]);
  return span;
}
