/** Shares of all rows that moved far. */
export const MOVED_FAIL = 0.1;
export const MOVED_WARN = 0.01;

/** A part of the vocabulary with at least so many rows, of which at least this share moved far. */
export const MOVED_PART = { rows: 50, share: 1 / 3 } as const;
