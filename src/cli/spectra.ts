import type { Command } from 'commander';
import picomatch from 'picomatch';
import { TensorDigests } from '../checkpoint/digest.ts';
import { openCheckpoint, openReference } from '../checkpoint/open.ts';
import { measureAllSpectra } from '../measure/measure-spectra.ts';
import type { TensorMeasurement } from '../measure/schema/measurement.ts';
import { UserError } from '../platform/user-error.ts';
import { renderSpectra } from '../report/terminal/spectra.ts';
import { SPECTRA_EXAMPLES } from './help.ts';
import { type SubjectOptions, spectrumStore, subject } from './options.ts';
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
  if (options.values && options.method === 'fast') {
    throw new UserError('--method fast knows no single values', 'leave out --values, or the method');
  }
  const isWanted = glob === undefined ? undefined : matcher(glob);
  const values = new Map<TensorMeasurement, number[]>();
  const checkpoint = await openCheckpoint(options.checkpoint);
  const reference = options.reference === undefined ? null : await openReference(options.reference);
  const { tensors: found, nonFinite } = await withProgress((onProgress) =>
    measureAllSpectra(checkpoint, reference, {
      device: options.device,
      method: options.values ? 'exact' : options.method,
      memoryLimit: options.maxMemory ?? options.memoryLimit,
      onProgress,
      isWanted,
      digests: new TensorDigests(),
      spectrumStore: spectrumStore(options),
      onSpectrum: options.values ? (tensor, singularValues) => values.set(tensor, [...singularValues]) : undefined,
    }),
  );
  warnNonFinite(nonFinite);
  if (found.length === 0 && glob !== undefined)
    throw new UserError(`no matrix matches ${glob}`, 'see spectra without --tensor');
  if (!options.json) {
    print(renderSpectra(found, terminal()));
    return;
  }
  const tensors = found.map((measured) => {
    const { spectrum: _, ...tensor } = measured;
    return { ...tensor, ...(options.values ? { singularValues: values.get(measured) } : {}) };
  });
  process.stdout.write(`${JSON.stringify({ tensors }, null, 2)}\n`);
}

function matcher(glob: string): (name: string) => boolean {
  try {
    return picomatch(glob, { literalBrackets: true });
  } catch (error) {
    throw new UserError(`--tensor ${JSON.stringify(glob.slice(0, 80))}: ${(error as Error).message}`, 'give a glob');
  }
}
