import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '@shadow-gate/probes/random';
import { runInput } from './fuzzer.ts';
import { FUZZERS } from './readers/index.ts';

/**
 * The process that runs inputs of one reader, one after the other, until it is stopped:
 * `node worker.mjs READER SEED FIRST COUNT FOLDER`. Before each input it writes its number to FOLDER/progress, so that
 * the process that watches knows which one did not end. Counts and findings are messages.
 */
export interface Progress {
  readonly kind: 'progress';
  readonly accepted: number;
  readonly refused: number;
  /** The first input that has not been run. */
  readonly next: number;
}

export interface FindingMessage {
  readonly kind: 'finding';
  readonly iteration: number;
  readonly message: string;
  readonly stack: string;
}

/** An input must not leave this much behind: what readers keep of it is small. */
const MAX_GROWTH_BYTES = 768 * 2 ** 20;

const [name = '', seed = '1', first = '0', count = '1', folder = ''] = process.argv.slice(2);
const fuzzer = FUZZERS.find((item) => item.name === name);
if (!fuzzer) throw new Error(`there is no fuzzer ${name}`);

const send = (message: Progress | FindingMessage) => process.send?.(message);
const progress = openSync(join(folder, 'progress'), 'w');
const scratch = join(folder, 'input', 'checkpoint');
let accepted = 0;
let refused = 0;
const end = Number(first) + Number(count);
const start = process.memoryUsage.rss();
for (let iteration = Number(first); iteration < end; iteration += 1) {
  writeSync(progress, String(iteration).padStart(16), 0);
  const input = fuzzer.make(new Random(Number(seed), `${name} ${iteration}`));
  const ending = await runInput(fuzzer, input, scratch);
  if (ending.kind === 'finding') {
    send({
      kind: 'finding',
      iteration,
      message: `${ending.error.name}: ${ending.error.message}`.slice(0, 500),
      stack: (ending.error.stack ?? '').slice(0, 4000),
    });
  } else if (ending.kind === 'accepted') accepted += 1;
  else refused += 1;
  const grown = process.memoryUsage.rss() - start;
  if (grown > MAX_GROWTH_BYTES) {
    send({ kind: 'finding', iteration, message: `memory grew by ${Math.round(grown / 2 ** 20)} MiB`, stack: '' });
    send({ kind: 'progress', accepted, refused, next: iteration + 1 });
    break;
  }
  if (iteration % 10 === 9 || iteration === end - 1) send({ kind: 'progress', accepted, refused, next: iteration + 1 });
}
closeSync(progress);
process.disconnect?.();
