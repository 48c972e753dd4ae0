import type { Progress } from '../../platform/progress.ts';
import { printable, shorten } from '../escape.ts';
import { progressWords, timeWords } from '../text/progress.ts';
import type { ProgressView } from './progress-clock.ts';

const MAX_BAR = 24;
const MIN_BAR = 8;
/** A name that is cut to fewer characters tells nothing. */
const MIN_ITEM = 12;
/** Where a terminal does not say its width. */
const DEFAULT_WIDTH = 80;

/**
 * One line for a terminal: phase, bar, time left, and what is worked on, as far as there is room. It never reaches the last column,
 * where terminals break lines. The bar is never full: what is done goes on to the next phase.
 */
export function barLine(view: ProgressView, columns = DEFAULT_WIDTH): string {
  const room = Math.max(1, columns - 1);
  const time = timeWords(view);
  const beside = Math.max(1, room - (time === '' ? 0 : time.length + 2));
  const words = wordsOf(view.progress, beside);
  const used = words.length + (time === '' ? 0 : time.length + 2);
  const bar = view.share === null ? '' : drawBar(view.share, Math.min(MAX_BAR, room - used - 1));
  const line = [words, bar, time].filter((part) => part !== '').join(bar === '' && time !== '' ? ', ' : ' ');
  const rest = room - line.length - 2;
  return rest < MIN_ITEM ? line : `${line}  ${itemOf(view.progress.item ?? '', rest)}`.trimEnd();
}

/** Which of two models it is gives way to the rest. */
function wordsOf(progress: Progress, room: number): string {
  const whole = progressWords(progress);
  return whole.length <= room ? whole : shorten(progressWords({ ...progress, model: undefined }), room);
}

function drawBar(share: number, size: number): string {
  if (size < MIN_BAR) return '';
  const done = Math.min(size - 1, Math.floor(share * size));
  return '█'.repeat(done) + '░'.repeat(size - done);
}

/** A letter that is not ASCII can take two columns. What makes a name harmless can make it longer. */
function itemOf(item: string, room: number): string {
  const shown = shorten(printable(item, room), room);
  return /^[ -~…]*$/.test(shown) ? shown : shorten(shown, Math.floor(room / 2));
}
