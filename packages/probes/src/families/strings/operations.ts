export type Letters = readonly string[];

export interface Operation {
  readonly name: string;
  readonly meaning: string;
  readonly apply: (letters: Letters) => Letters;
}

/** In the order of execution. */
export type Program = readonly Operation[];

export const COPY: Operation = {
  name: 'copy',
  meaning: 'write the letters again',
  apply: (letters) => letters,
};
export const REVERSE: Operation = {
  name: 'reverse',
  meaning: 'write the letters backwards',
  apply: (letters) => letters.toReversed(),
};
export const ROTATE: Operation = {
  name: 'rotate',
  meaning: 'move the first letter to the end',
  apply: (letters) => [...letters.slice(1), ...letters.slice(0, 1)],
};
export const DROP_FIRST: Operation = {
  name: 'drop',
  meaning: 'remove the first letter',
  apply: (letters) => letters.slice(1),
};
export const DROP_LAST: Operation = {
  name: 'cut',
  meaning: 'remove the last letter',
  apply: (letters) => letters.slice(0, -1),
};
const DOUBLE: Operation = {
  name: 'double',
  meaning: 'repeat the last letter',
  apply: (letters) => [...letters, ...letters.slice(-1)],
};
const SWAP: Operation = {
  name: 'swap',
  meaning: 'exchange the first and last letters',
  apply: (letters) => [...letters.slice(-1), ...letters.slice(1, -1), ...letters.slice(0, 1)],
};

/** Those that are defined together, and composed. */
export const OPERATIONS: Program = [REVERSE, ROTATE, DROP_FIRST, DOUBLE, SWAP];

export function runProgram(program: Program, letters: Letters): string {
  return program.reduce((current, { apply }) => apply(current), letters).join(' ');
}

/** Other programs: two neighbors exchanged, or one operation replaced, so that as many steps are left. */
export function misreadings(program: Program): Program[] {
  const places = [...program.keys()];
  const exchanged = places
    .slice(1)
    .map((i) => program.toSpliced(i - 1, 2, ...program.slice(i - 1, i + 1).toReversed()));
  const replaced = places.flatMap((i) => OPERATIONS.map((other) => program.with(i, other)));
  return [...exchanged, ...replaced].filter((other) => other.some((operation, i) => operation !== program[i]));
}
