import type { Command } from 'commander';
import picomatch from 'picomatch';
import { TensorDigests } from '../checkpoint/digest.ts';
import { openCheckpoint, openReference } from '../checkpoint/open.ts';
import { measureSpectra } from '../measure/measure-spectra.ts';
import type { TensorMeasurement } from '../measure/schema/measurement.ts';
import { UserError } from '../platform/user-error.ts';
import { printableJson } from '../report/escape.ts';
import { renderSpectra } from '../report/terminal/spectra.ts';
import { SPECTRA_EXAMPLES } from './help.ts';
import { type CheckpointOptions, checkpointOptions } from './options.ts';
import type { Output } from './output.ts';
import { openSpectrumStore } from './settings.ts';

interface SpectraOptions extends CheckpointOptions {
  tensor?: string;
  values?: boolean;
  json?: boolean;
}

export function addSpectraCommand(program: Command, output: Output): void {
  checkpointOptions(program.command('spectra').description('print the spectral metrics of every matrix'))
    .option('--tensor <glob>', "only matrices whose name matches, such as '*.q_proj.weight'")
    .option('--values', 'include all singular values (needs --json)')
    .option('--json', 'print JSON')
    .addHelpText('after', SPECTRA_EXAMPLES)
    .action((options: SpectraOptions) => runSpectra(options, output));
}

async function runSpectra(options: SpectraOptions, output: Output): Promise<void> {
  const { tensor: glob } = options;
  if (options.values && !options.json) throw new UserError('--values needs --json', 'add --json');
  if (options.values && options.method === 'fast') {
    throw new UserError('--values is not available with --method fast', 'leave out one of the two');
  }
  const isWanted = glob === undefined ? undefined : matcher(glob);
  const values = new Map<TensorMeasurement, number[]>();
  const checkpoint = await openCheckpoint(options.checkpoint);
  const reference = options.reference === undefined ? null : await openReference(options.reference);
  const { tensors: measured, nonFinite } = await output.withProgress((onProgress) =>
    measureSpectra(checkpoint, reference, {
      device: options.device,
      method: options.values ? 'exact' : options.method,
      memoryLimit: options.maxMemory,
      onProgress,
      isWanted,
      digests: new TensorDigests(),
      spectrumStore: openSpectrumStore(options, output),
      onSpectrum: options.values ? (tensor, singularValues) => values.set(tensor, [...singularValues]) : undefined,
    }),
  );
  output.warnNonFinite(nonFinite);
  if (measured.length === 0 && glob !== undefined) {
    throw new UserError(`no matrix matches ${glob}`, 'list all names with spectra without --tensor');
  }
  if (!options.json) {
    output.print(renderSpectra(measured, output.terminal));
    return;
  }
  const tensors = measured.map((entry) => {
    const { spectrum: _, ...tensor } = entry;
    return { ...tensor, ...(options.values ? { singularValues: values.get(entry) } : {}) };
  });
  output.print(printableJson({ tensors }));
}

function matcher(glob: string): (name: string) => boolean {
  try {
    return picomatch(glob, { literalBrackets: true });
  } catch (error) {
    throw new UserError(
      `--tensor ${JSON.stringify(glob.slice(0, 80))}: ${(error as Error).message}`,
      'give a valid glob pattern',
    );
  }
}
