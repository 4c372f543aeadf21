// Which rows of a long list are drawn. Pure.

export interface Span {
  first: number;
  /** Exclusive. */
  end: number;
}

/**
 * @param top_px where the list's top is, above the window's top (negative: below it)
 * @param extra rows drawn beyond each edge, so that scrolling shows no holes
 */
export function visibleRows(rows: number, row_px: number, top_px: number, window_px: number, extra = 4): Span {
  const first = Math.min(Math.max(0, Math.floor(top_px / row_px) - extra), Math.max(0, rows));
  const end = Math.min(rows, Math.ceil((top_px + window_px) / row_px) + extra);
  return { first, end: Math.max(first, end) };
}

/** Where the window must scroll by so that a row is seen under what sticks at the top; 0: it is. */
export function scrollBy_px(row_top_px: number, row_px: number, window_px: number, header_px: number): number {
  if (row_top_px < header_px) return row_top_px - header_px;
  const below = row_top_px + row_px - window_px;
  return below > 0 ? below : 0;
}
