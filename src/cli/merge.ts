import { expectWritable } from '@shadow-gate/platform/files';
import type { Command } from 'commander';
import { writeMeasurement } from '../measure/schema/index.ts';
import { mergeFiles } from '../measure/shards/index.ts';
import { phraseLine } from '../report/terminal/index.ts';
import { unverifiedSentence } from '../report/text/index.ts';
import { MERGE_EXAMPLES } from './help.ts';
import type { Output } from './output.ts';
import { printMeasurement } from './print-measurement.ts';

export function addMergeCommand(program: Command, output: Output): void {
  program
    .command('merge')
    .description('merge the shards of a measurement into one file')
    .argument(
      '<shard.json...>',
      'all files that measure --shard wrote, or --only spectra and --only probes, in any order',
    )
    .requiredOption('--out <file>', 'measurement file to write')
    .addHelpText('after', MERGE_EXAMPLES)
    .action((files: string[], options: { out: string }) => runMerge(files, options, output));
}

async function runMerge(files: readonly string[], { out }: { out: string }, output: Output): Promise<void> {
  await expectWritable(out, 'file');
  const measurement = await mergeFiles(files);
  await writeMeasurement(out, measurement);
  printMeasurement(measurement, out, output);
  const [first, ...others] = measurement.run.unverified ?? [];
  if (first !== undefined) output.note(phraseLine(unverifiedSentence([first, ...others])));
}
