import type { Finding, Tally } from './watch.ts';

const NAME_WIDTH = 20;
const COUNT_WIDTH = 9;
const STACK_LINES = 8;

/** How many inputs each reader got, and how they ended. */
export function printTable(tallies: ReadonlyMap<string, Tally>): void {
  const row = (name: string, counts: readonly (string | number)[]) =>
    console.log([name.padEnd(NAME_WIDTH), ...counts.map((count) => String(count).padStart(COUNT_WIDTH))].join(' '));
  row('reader', ['inputs', 'accepted', 'refused', 'findings']);
  let inputs = 0;
  let found = 0;
  for (const [name, { accepted, refused, findings }] of tallies) {
    const all = accepted + refused + findings.length;
    inputs += all;
    found += findings.length;
    row(name, [all, accepted, refused, findings.length]);
  }
  console.log(`\n${inputs} inputs, ${found} findings`);
}

/** One of each kind of finding, with the command that runs it again. */
export function printFindings(tallies: ReadonlyMap<string, Tally>, seed: string): void {
  for (const [name, { findings }] of tallies) {
    for (const [first, ...others] of alike(findings)) {
      const again = `npm run fuzz -- --reader ${name} --seed ${seed} --first ${first.iteration} --inputs 1`;
      console.log(`\n${name}: ${JSON.stringify(first.message)}\n  ${others.length + 1} times; again: ${again}`);
      for (const line of placesOf(first).slice(0, STACK_LINES)) console.log(`  ${line.trim()}`);
    }
  }
}

function placesOf({ stack }: Finding): string[] {
  return stack.split('\n').filter((line) => /^\s+at /.test(line) && !line.includes('at promise '));
}

/** Findings of one place in the code are one. */
function alike(findings: readonly Finding[]): Array<[Finding, ...Finding[]]> {
  const groups = new Map<string, [Finding, ...Finding[]]>();
  for (const finding of findings) {
    const places = placesOf(finding);
    const key = places.length === 0 ? finding.message.replace(/\d+/g, '#').slice(0, 60) : places.join();
    const group = groups.get(key);
    if (group) group.push(finding);
    else groups.set(key, [finding]);
  }
  return [...groups.values()];
}
