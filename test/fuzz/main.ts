import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { Random } from '@shadow-gate/probes/random';
import { formatKept } from './kept-input.ts';
import { FUZZERS } from './readers/index.ts';
import { printFindings, printTable } from './summary.ts';
import { runReader, type Tally } from './watch.ts';

/**
 * Tries all readers with nearly right inputs, each in a process of its own that is watched: an input may not take
 * longer than a deadline, end the process, or take all its memory. Usage: npm run fuzz -- [--minutes N] [--reader
 * NAME]… [--seed N] [--first N] [--inputs N]; and --keep FILE --because TEXT to keep an input as a regression test
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    reader: { type: 'string', multiple: true },
    seed: { type: 'string', default: '1' },
    first: { type: 'string', default: '0' },
    /** Inputs of each reader; by default as many as fit into the time. */
    inputs: { type: 'string' },
    list: { type: 'boolean', default: false },
    /** Write the first input to this file of `test/fuzz/regressions/`, with what is wrong with it. */
    keep: { type: 'string' },
    because: { type: 'string', default: '' },
  },
});

/** Inputs of one reader in a row, so that all readers get their share of the time. */
const SLICE_MILLISECONDS = 20_000;

const chosen = FUZZERS.filter(({ name }) => values.reader?.includes(name) ?? true);
if (values.list || chosen.length === 0) {
  for (const { name, about } of FUZZERS) console.log(`${name.padEnd(20)} ${about}`);
  process.exit(values.list ? 0 : 2);
}
if (values.keep !== undefined) {
  const [fuzzer] = chosen;
  if (!fuzzer || chosen.length > 1 || values.because === '')
    throw new Error('--keep needs one --reader, and --because');
  const input = fuzzer.make(new Random(Number(values.seed), `${fuzzer.name} ${values.first}`));
  writeFileSync(values.keep, formatKept({ reader: fuzzer.name, finding: values.because, input }));
  process.exit(0);
}
const limit = values.inputs === undefined ? Number.POSITIVE_INFINITY : Number(values.inputs);
const started = Date.now();
const end = values.inputs === undefined ? started + 60_000 * Number(values.minutes) : Number.POSITIVE_INFINITY;
const tallies = new Map(
  chosen.map(({ name }): [string, Tally] => [
    name,
    { accepted: 0, refused: 0, findings: [], next: Number(values.first) },
  ]),
);
for (let isDone = false; !isDone && Date.now() < end; ) {
  isDone = true;
  const slice = Math.min(SLICE_MILLISECONDS, (end - started) / chosen.length);
  for (const [name, tally] of tallies) {
    const left = Number(values.first) + limit - tally.next;
    if (left <= 0 || Date.now() >= end) continue;
    isDone = false;
    const until = Math.min(end, Date.now() + slice);
    const isStopped = chosen.find((fuzzer) => fuzzer.name === name)?.isStopped ?? false;
    await runReader({ reader: name, isStopped, seed: values.seed, count: Math.min(left, 1_000_000), until }, tally);
  }
}

console.log(
  `seed ${values.seed}, ${((Date.now() - started) / 60_000).toFixed(1)} min, ${cpus()[0]?.model.trim()}, Node ${process.version}\n`,
);
printTable(tallies);
printFindings(tallies, values.seed);
process.exit([...tallies.values()].some(({ findings }) => findings.length > 0) ? 1 : 0);
