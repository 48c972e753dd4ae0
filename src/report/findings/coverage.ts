import { acceptCommand } from '../text/commands.ts';
import { formatCount, formatInteger } from '../text/numbers.ts';
import { code, listed, name, phrase, prose } from '../text/phrase.ts';
import type { TopicWords } from './finding-words.ts';

export const COVERAGE_WORDS: TopicWords<
  'nothing-measured' | 'all-skipped' | 'mostly-skipped' | 'skipped' | 'unread-files'
> = {
  'nothing-measured': {
    title: 'Nothing measured',
    about: 'everything',
    isGap: true,
    sentence: () => phrase`The candidate has neither spectra nor probe results: measure it again.`,
    steps: (_, report) => [
      phrase`Measure it without ${code('--only')}, and with ${code('probes')} in the policy: ${acceptCommand(report)}`,
    ],
  },
  'all-skipped': {
    title: 'No matrix measured',
    about: 'spectra',
    isGap: true,
    sentence: () => phrase`No matrix could be measured: all tensors were skipped.`,
    steps: () => [MEMORY_OR_DTYPE],
  },
  'mostly-skipped': {
    title: 'Little measured',
    about: 'spectra',
    isGap: true,
    sentence: ({ unit, skipped, measured }) => {
      if (unit === 'parameters') {
        return phrase`Most of the checkpoint was not measured: ${formatCount(skipped, 'parameter was', 'parameters were')} skipped, ${formatInteger(measured)} measured.`;
      }
      return phrase`Most of the checkpoint was not measured: ${formatCount(skipped, 'tensor was', 'tensors were')} skipped, ${formatCount(measured, 'spectrum', 'spectra')} measured.`;
    },
    steps: () => [MEMORY_OR_DTYPE],
  },
  skipped: {
    title: 'Tensors not measured',
    about: 'spectra',
    sentence: ({ named, tensors }) => {
      const items = named.map((tensor) => phrase`${name(tensor.name)} (${prose(tensor.reason)})`);
      return phrase`${formatCount(tensors, 'tensor was', 'tensors were')} not measured: ${listed(items, tensors)}.`;
    },
    steps: () => [MEMORY_OR_DTYPE],
  },
  'unread-files': {
    title: 'Files not read',
    about: 'itself',
    isGap: true,
    sentence: ({ named, files, runningCode }) => {
      const items = named.map((file) => phrase`${name(file.name)} (${prose(file.what)})`);
      const code = runningCode > 0 ? ', and opening a pickle can run code' : '';
      return phrase`${formatCount(files, 'file next to the weights was', 'files next to the weights were')} not read: ${listed(items, files)}. Programs may load ${files === 1 ? 'it' : 'them'} instead${code}.`;
    },
    steps: () => [
      phrase`Make sure that what you serve is the safetensors file, or remove the other files from the folder.`,
    ],
  },
};

const MEMORY_OR_DTYPE = phrase`Read why the tensors were left out. For memory, take a larger machine or raise ${code('--max-memory')}; otherwise give the weights in a dtype that is read.`;
