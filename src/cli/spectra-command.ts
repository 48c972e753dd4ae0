import type { Command } from 'commander';
import picomatch from 'picomatch';
import { openCheckpoint, openReference } from '../checkpoint/checkpoint.ts';
import { measureAllSpectra } from '../gate/measure-spectra.ts';
import type { TensorMeasurement } from '../gate/measurement.ts';
import { renderSpectra } from '../report/spectra-table.ts';
import { UserError } from '../user-error.ts';
import { SPECTRA_EXAMPLES } from './help.ts';
import { type SubjectOptions, subject } from './options.ts';
import { print, terminal, warnNonFinite, withProgress } from './output.ts';

export function addSpectraCommand(shadowGate: Command): void {
  subject(shadowGate.command('spectra').description('print the spectral metrics of every matrix'))
    .option('--tensor <glob>', "only matrices whose name matches, such as '*.q_proj.weight'")
    .option('--values', 'all singular values (with --json)')
    .option('--json', 'as JSON')
    .addHelpText('after', SPECTRA_EXAMPLES)
    .action(runSpectra);
}

async function runSpectra(
  options: SubjectOptions & { tensor?: string; values?: boolean; json?: boolean },
): Promise<void> {
  const { tensor: glob } = options;
  if (options.values && !options.json) throw new UserError('--values needs --json', 'add it');
  const isWanted = glob === undefined ? undefined : matcher(glob);
  const found: Array<TensorMeasurement & { singularValues: number[] }> = [];
  const checkpoint = await openCheckpoint(options.checkpoint);
  const reference = options.reference === undefined ? null : await openReference(options.reference);
  const { nonFinite } = await withProgress((onProgress) =>
    measureAllSpectra(checkpoint, reference, {
      device: options.device,
      memoryLimit: options.memoryLimit,
      onProgress,
      isWanted,
      onSpectrum: (tensor, values) => found.push({ ...tensor, singularValues: options.values ? [...values] : [] }),
    }),
  );
  warnNonFinite(nonFinite);
  if (found.length === 0 && glob !== undefined)
    throw new UserError(`no matrix matches ${glob}`, 'see spectra without --tensor');
  if (!options.json) {
    print(renderSpectra(found, terminal()));
    return;
  }
  const tensors = found.map(({ singularValues, spectrum: _, ...tensor }) => ({
    ...tensor,
    ...(options.values ? { singularValues } : {}),
  }));
  process.stdout.write(`${JSON.stringify({ tensors }, null, 2)}\n`);
}

function matcher(glob: string): (name: string) => boolean {
  try {
    return picomatch(glob, { literalBrackets: true });
  } catch (error) {
    throw new UserError(`--tensor ${JSON.stringify(glob.slice(0, 80))}: ${(error as Error).message}`, 'give a glob');
  }
}
