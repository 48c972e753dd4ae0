import { openCheckpoint, openReference, TensorDigests } from '@shadow-gate/checkpoints';
import { UserError } from '@shadow-gate/platform';
import type { Command } from 'commander';
import picomatch from 'picomatch';
import { measureSpectra, type SpectraMeasurement } from '../measure/index.ts';
import type { TensorMeasurement } from '../measure/schema/index.ts';
import { printableJson } from '../report/escape.ts';
import { renderSpectra, renderUnmeasured } from '../report/terminal/index.ts';
import { SPECTRA_EXAMPLES } from './help.ts';
import { CHECKPOINT_FLAGS, CHECKPOINT_WORDS, type SpectraOptions, spectraOptions } from './options.ts';
import type { Output } from './output.ts';
import { openSpectrumStore } from './settings.ts';

interface SpectraCommandOptions extends SpectraOptions {
  checkpoint: string;
  tensor?: string;
  values?: boolean;
  json?: boolean;
}

export function addSpectraCommand(program: Command, output: Output): void {
  const command = program.command('spectra').description('print the spectral metrics of every matrix');
  spectraOptions(command.requiredOption(CHECKPOINT_FLAGS, CHECKPOINT_WORDS))
    .option('--tensor <glob>', "only matrices whose name matches, such as '*.q_proj.weight'")
    .option('--values', 'include all singular values (needs --json)')
    .option('--json', 'print JSON')
    .addHelpText('after', SPECTRA_EXAMPLES)
    .action((options: SpectraCommandOptions) => runSpectra(options, output));
}

async function runSpectra(options: SpectraCommandOptions, output: Output): Promise<void> {
  const { tensor: glob } = options;
  if (options.values && !options.json) throw new UserError('--values needs --json', 'add --json');
  if (options.values && options.method === 'fast') {
    throw new UserError('--values is not available with --method fast', 'leave out one of the two');
  }
  const isWanted = glob === undefined ? undefined : matcher(glob);
  const values = new Map<TensorMeasurement, number[]>();
  const checkpoint = await openCheckpoint(options.checkpoint);
  const reference = options.reference === undefined ? null : await openReference(options.reference);
  const found = await output.withProgress((onProgress) =>
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
  const { vectors, skipped, nonFinite } = found;
  output.warnNonFinite(nonFinite);
  if (found.tensors.length === 0 && glob !== undefined) throw noMatch(glob, found);
  if (!options.json) {
    output.print(renderSpectra(found.tensors, output.terminal));
    const rest = renderUnmeasured(found, output.terminal);
    if (rest !== '') output.print(`\n${rest}`);
    return;
  }
  const tensors = found.tensors.map((entry) => {
    const { spectrum: _, ...tensor } = entry;
    return { ...tensor, ...(options.values ? { singularValues: values.get(entry) } : {}) };
  });
  output.print(printableJson({ tensors, vectors, skipped }));
}

/** The pattern may be for a tensor that has no spectrum. */
function noMatch(glob: string, { vectors, skipped }: Pick<SpectraMeasurement, 'vectors' | 'skipped'>): UserError {
  const [left] = skipped;
  const [vector] = vectors;
  const reason = left ? `: ${left.name} is skipped (${left.reason})` : vector ? `: ${vector.name} is a vector` : '';
  return new UserError(`no matrix matches ${glob}${reason}`, 'list all names with spectra without --tensor');
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
