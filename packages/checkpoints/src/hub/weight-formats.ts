interface WeightFiles {
  readonly title: string;
  readonly files: RegExp;
  /** If transformers and PEFT write the format, the names that they give. These are also downloaded from a hub. */
  readonly layout?: FileLayout;
  /** Files and folders that some program loads in place of pickles, GGUF or ONNX next to them. */
  readonly otherSet?: RegExp;
}

export interface FileLayout {
  readonly single: string;
  readonly index: string;
  readonly shard: RegExp;
  readonly suffix: string;
  readonly adapter: string;
}

/** All formats of full weights. Their names in messages and measurements follow from here; `FORMATS` opens them. */
export const WEIGHT_FORMATS = {
  safetensors: {
    title: 'safetensors',
    files: /\.safetensors$/,
    layout: {
      single: 'model.safetensors',
      index: 'model.safetensors.index.json',
      shard: /^model-\d+-of-\d+\.safetensors$/,
      suffix: '.safetensors',
      adapter: 'adapter_model.safetensors',
    },
    otherSet: /\.safetensors$/,
  },
  gguf: { title: 'GGUF', files: /\.gguf$/ },
  onnx: { title: 'ONNX', files: /\.onnx$/ },
  pytorch: {
    title: 'PyTorch',
    files: /\.(bin|pt|pth)$/,
    layout: {
      single: 'pytorch_model.bin',
      index: 'pytorch_model.bin.index.json',
      shard: /^pytorch_model-\d+-of-\d+\.bin$/,
      suffix: '.bin',
      adapter: 'adapter_model.bin',
    },
    // FSDP's shards.
    otherSet: /\.distcp$|^(pytorch_model|distcp)_fsdp(_\d+)?$/,
  },
} as const satisfies Readonly<Record<string, WeightFiles>>;

export type WeightFormat = keyof typeof WEIGHT_FORMATS;

export const WEIGHT_FORMAT_NAMES = Object.keys(WEIGHT_FORMATS) as [WeightFormat, ...WeightFormat[]];

const ALL: readonly WeightFiles[] = Object.values(WEIGHT_FORMATS);

export const LAYOUTS: readonly FileLayout[] = ALL.flatMap(({ layout }) => layout ?? []);

const { safetensors, pytorch } = WEIGHT_FORMATS;
export const SINGLE = safetensors.layout.single;
export const INDEX = safetensors.layout.index;
export const ADAPTER = safetensors.layout.adapter;
export const PICKLED_SINGLE = pytorch.layout.single;
export const PICKLED_INDEX = pytorch.layout.index;
export const PICKLED_ADAPTER = pytorch.layout.adapter;
export const ADAPTER_CONFIG = 'adapter_config.json';
/** mlx-lm's file, next to its own kind of ADAPTER_CONFIG. */
export const MLX_ADAPTER = 'adapters.safetensors';

export function isWeightsName(name: string): boolean {
  return ALL.some(({ files }) => files.test(name));
}

/** Is it a file of `otherSet`? The format of the chosen weights has none. */
export function isOtherSet(name: string, chosen: string): boolean {
  return ALL.some(({ otherSet }) => otherSet?.test(name) && !otherSet.test(chosen));
}

export function layoutIn(names: ReadonlySet<string>): FileLayout | null {
  return LAYOUTS.find(({ single, index }) => names.has(single) || names.has(index)) ?? null;
}

/** The formats, as in "safetensors, GGUF, or ONNX". */
export function readableFormats(): string {
  return new Intl.ListFormat('en', { type: 'disjunction' }).format(ALL.map(({ title }) => title));
}

/** The exact names that the Trainer and accelerate give the state of a training run. */
const TRAINING_STATE =
  /^((optimizer|scheduler|scaler|sampler|dl_state_dict)(_\d+)?\.(bin|pt)|training_args\.bin|rng_state(_\d+)*\.pth|random_states_\d+\.pkl)$/;

/** vLLM skips these when it loads every `*.bin`, and loads the others as weights (0.11). */
const LEFT_OUT = /^(optimizer|training_args)\.bin$/;

/** Is it the state of a training run, which no program loads with weights of this kind? */
export function isTrainingState(name: string, { arePickles }: { readonly arePickles: boolean }): boolean {
  return TRAINING_STATE.test(name) && !(arePickles && name.endsWith('.bin') && !LEFT_OUT.test(name));
}

/** Pickles are downloaded whole: their contents are listed at the end. */
export function isPickledName(name: string): boolean {
  return name.endsWith(WEIGHT_FORMATS.pytorch.layout.suffix);
}
