import type { Command } from 'commander';
import { mergeFiles } from '../measure/shards/merge.ts';
import { expectWritable, writeJson } from '../platform/write-file.ts';
import { MERGE_EXAMPLES } from './help.ts';
import { sayMeasured } from './print-measurement.ts';

export function addMergeCommand(shadowGate: Command): void {
  shadowGate
    .command('merge')
    .description('join the shards of a measurement into the one that a single machine would have written')
    .argument('<shard.json...>', 'what measure --shard wrote, all of it, in any order')
    .requiredOption('--out <file>', 'the measurement file to write')
    .addHelpText('after', MERGE_EXAMPLES)
    .action(runMerge);
}

async function runMerge(files: string[], { out }: { out: string }): Promise<void> {
  await expectWritable(out, 'file');
  const measurement = await mergeFiles(files);
  await writeJson(out, measurement);
  sayMeasured(measurement, out);
}
