// What is judged: groups of runs from one base, and series of checkpoints with what is known of them.

import type { About } from './results.ts';

export interface Group {
  readonly name: string;
  /** Folder of the measurements. */
  readonly folder: string;
  /** Folder of what was trained, for its learning rate. */
  readonly runs: string | null;
  /** Regimes whose runs differ by their data and seed alone. */
  readonly equal: readonly string[];
  /** Runs of the same size to be found. */
  readonly narrow?: string;
  /** The first and the last seed of those that calibrate; others of `equal` are held out. */
  readonly known: readonly [number, number];
  readonly skip?: RegExp;
  readonly only?: RegExp;
  /** The truth of each run and of their base, as the study of adapters measured it. */
  readonly truth?: string;
  /** What is known of each regime where it is not asked. */
  readonly classes?: Readonly<Record<string, string>>;
}

/** Checkpoints of one run in their order. */
interface Series extends About {
  readonly name: string;
  /** Folder of the measurements; missing for those in the folder that --series names. */
  readonly folder?: string;
}

export const GROUPS: readonly Group[] = [
  { name: 'tiny', folder: 'tiny', runs: 'tiny/checkpoints', equal: ['CE'], narrow: 'BA', known: [0, 18], skip: /lora/ },
  {
    name: 'tiny-adapters',
    folder: 'tiny',
    runs: 'tiny/checkpoints',
    equal: ['CE-lora'],
    narrow: 'BA-lora',
    known: [0, 18],
    only: /lora/,
  },
  { name: 'adapters', folder: 'lora', runs: 'lora/adapters', equal: ['CE'], narrow: 'BA', known: [10, 17] },
  {
    name: 'qwen-adapters',
    folder: 'qwen05',
    runs: 'qwen05/adapters',
    equal: ['CE'],
    narrow: 'BA',
    known: [0, 8],
    truth: 'qwen05/truth',
  },
  {
    name: 'zoo',
    folder: 'zoo',
    runs: null,
    equal: ['A-CE', 'A-MIX', 'A-CTRL', 'A-CEHALF'],
    known: [0, 0],
    classes: {
      'A-BA': 'narrow',
      'A-CE': 'broad',
      'A-CEHALF': 'broad',
      'A-LORACE': 'broad',
      'A-MIX': 'broad',
      'A-CTRL': 'unchanged',
      'A-PR': 'worse',
    },
  },
];

/** Sources: README.md. */
export const SERIES: readonly Series[] = [
  { name: 'paulo-roberta-r8', kind: 'public' },
  { name: 'laziest-gpt2-r8', kind: 'public' },
  { name: 'selvx-distilbert-r8', kind: 'public' },
  { name: 'atharv-bert-A', kind: 'public' },
  { name: 'atharv-bert-B', kind: 'public' },
  { name: 'souravt-product', kind: 'public' },
  { name: 'subro-roberta-r2', kind: 'public' },
  { name: 'lingtou-dl2', kind: 'public' },
  { name: 'ladsad-code', kind: 'public' },
  { name: 'krish-agnews', kind: 'public' },
  { name: 'duarte-generathor', kind: 'public' },
  { name: 'arjun-mlx-gemma', kind: 'public', poor: 'its losses are not public' },
  { name: 'carosaut-nano', kind: 'public', poor: 'learned nothing: loss ln 2' },
  { name: 'qv8-3e4-cos-s0', kind: 'SmolLM2 adapter' },
  { name: 'all8-1e3-lin-s0', kind: 'SmolLM2 adapter' },
  { name: 'qv8-3e4-const-tiny', kind: 'SmolLM2 adapter', incident: 80, what: 'six blocks of text over and over' },
  { name: 'qv8-3e4-const-lrspike', kind: 'SmolLM2 adapter', incident: 80, shared: 80, what: 'rate times 100' },
  { name: 'full-3e5-lin-s0', kind: 'SmolLM2, all weights' },
  { name: 'CE-long-s0', folder: 'lora', kind: 'SmolLM2 adapter' },
  { name: 'CE-long-s1', folder: 'lora', kind: 'SmolLM2 adapter' },
  { name: 'CE-series-0', folder: 'tiny', kind: 'tiny, all weights' },
  { name: 'CTRL-constant-series-0', folder: 'tiny', kind: 'tiny, all weights' },
  { name: 'CE-constant-series-1', folder: 'tiny', kind: 'tiny, all weights' },
  { name: 'CTRL-constant-0.0003-series-0', folder: 'tiny', kind: 'tiny, all weights' },
  { name: 'CE-cosine-0.0003-series-0', folder: 'tiny', kind: 'tiny, all weights' },
  { name: 'CE-lora-constant-series-0', folder: 'tiny', kind: 'tiny adapter' },
  { name: 'CE-lora-cosine-series-0', folder: 'tiny', kind: 'tiny adapter' },
  { name: 'BA-constant-series-0', folder: 'tiny', kind: 'tiny, all weights', poor: 'narrow data from the first step' },
  {
    name: 'CE-collapse-series-0',
    folder: 'tiny',
    kind: 'tiny, all weights',
    poor: 'rate too high from the first step',
  },
  {
    name: 'CE-lora-collapse-series-0',
    folder: 'tiny',
    kind: 'tiny adapter',
    poor: 'rate too high from the first step',
  },
];
