/** The label of a choice in an exam: A for 0. */
export function letterOf(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}

const LOWER = [...'abcdefghijklmnopqrstuvwxyz'];
const ROMAN = ['i', 'ii', 'iii', 'iv', 'v', 'vi', 'vii', 'viii', 'ix', 'x'];
const DIGITS = [...'123456789'];

/** What stands around a label, and whether it is said with the answer. */
export interface LabelStyle {
  readonly labels: readonly string[];
  readonly open: string;
  readonly close: string;
}

/** Are these choices and this question without anything that could be mistaken for these labels? */
type IsFree = (labels: readonly string[]) => boolean;

/** Labels of an exam in other clothes, for choices that speak of one another by their letters. */
export function letterStyles(count: number): LabelStyle[] {
  const labels = Array.from({ length: count }, (_, index) => letterOf(index));
  return dress(labels, ['()', ' )', '[]', ' :']);
}

/**
 * Other labels, for `count` choices. None is the beginning of another (so roman numerals stand in brackets, and digits
 * end with 9): the likelihood of `i` would contain that of `ii`.
 */
export function otherStyles(count: number, { isFree, digits }: { isFree: IsFree; digits: boolean }): LabelStyle[] {
  const sets: readonly [labels: readonly string[], clothes: readonly string[]][] = [
    [LOWER, ['()', ' )', '[]', ' .']],
    [LOWER.slice(-4), [' :', ' )', '()']],
    [LOWER.slice(15, 20), [' :', ' )', '[]']],
    [ROMAN, ['()']],
    [digits ? DIGITS : [], [' )', '[]', '()', ' :']],
  ];
  return sets.flatMap(([all, clothes]) => {
    const labels = all.slice(0, count);
    return labels.length === count && isFree(labels) ? dress(labels, clothes) : [];
  });
}

function dress(labels: readonly string[], clothes: readonly string[]): LabelStyle[] {
  return clothes.map(([open = '', close = '']) => ({ labels, open: open.trim(), close }));
}

/** What a model is to say: a bracket that opens belongs to the label, a mark that ends it does not. */
export function spoken({ labels, open, close }: LabelStyle): string[] {
  return labels.map((label) => (open === '' ? label : `${open}${label}${close}`));
}
