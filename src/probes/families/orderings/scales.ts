/** One direction of a scale: `Ann is taller than Ben`, `the tallest`. */
export interface Direction {
  readonly more: string;
  readonly most: string;
}

export const SCALES: readonly (readonly [Direction, Direction])[] = [
  [
    { more: 'taller', most: 'tallest' },
    { more: 'shorter', most: 'shortest' },
  ],
  [
    { more: 'older', most: 'oldest' },
    { more: 'younger', most: 'youngest' },
  ],
  [
    { more: 'faster', most: 'fastest' },
    { more: 'slower', most: 'slowest' },
  ],
  [
    { more: 'heavier', most: 'heaviest' },
    { more: 'lighter', most: 'lightest' },
  ],
  [
    { more: 'richer', most: 'richest' },
    { more: 'poorer', most: 'poorest' },
  ],
  [
    { more: 'louder', most: 'loudest' },
    { more: 'quieter', most: 'quietest' },
  ],
];
