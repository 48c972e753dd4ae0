export type Letters = readonly string[];

export interface Operation {
  readonly name: string;
  readonly meaning: string;
  readonly apply: (letters: Letters) => Letters;
}

/** In the order of execution. */
export type Program = readonly Operation[];

const operation = (name: string, meaning: string, apply: Operation['apply']): Operation => ({ name, meaning, apply });

export const COPY = operation('copy', 'write the letters again', (letters) => letters);
export const REVERSE = operation('reverse', 'write the letters backwards', (letters) => letters.toReversed());
export const DROP_FIRST = operation('drop', 'remove the first letter', (letters) => letters.slice(1));
export const DROP_LAST = operation('cut', 'remove the last letter', (letters) => letters.slice(0, -1));
const DOUBLE = operation('double', 'repeat the last letter', (letters) => [...letters, ...letters.slice(-1)]);
export const ROTATE = operation('rotate', 'move the first letter to the end', (letters) => [
  ...letters.slice(1),
  ...letters.slice(0, 1),
]);
const SWAP = operation('swap', 'exchange the first and last letters', (letters) => [
  ...letters.slice(-1),
  ...letters.slice(1, -1),
  ...letters.slice(0, 1),
]);

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
