import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { validate } from '@shadow-gate/platform/json';
import { z } from 'zod';
import { readSafetensorsHeader, resolveFile } from '../formats/safetensors.ts';
import { ADAPTER_CONFIG, MLX_ADAPTER } from '../hub/weight-formats.ts';
import { tensorPlace } from '../naming/place.ts';
import { isMeasuredDtype } from '../tensors/dtype.ts';
import type { TensorEntry } from '../tensors/tensor-entry.ts';
import type { AdapterContents, LoraModule } from './adapter.ts';

/** The training arguments that decide what runs (ml-explore/mlx-lm, `tuner/utils.py`, `load_adapters`). */
const configSchema = z.looseObject({
  model: z.string().nullish(),
  fine_tune_type: z.string().nullish(),
  num_layers: z.int().nullish(),
  /** The name of num_layers in old versions. */
  lora_layers: z.int().nullish(),
  lora_parameters: z
    .looseObject({
      rank: z.int().positive(),
      /** The energies of larger ones may not be numbers. */
      scale: z.number().min(-1e9).max(1e9),
      keys: z.array(z.string()).nullish(),
    })
    .nullish(),
});
type MlxConfig = z.infer<typeof configSchema>;

const FUSE = 'fuse it into its base model (mlx_lm.fuse) and give the fused model';

/**
 * Read mlx-lm's `adapters.safetensors`: `<module>.lora_a` [in, r] and `.lora_b` [r, out]; ΔW = scale·(lora_a·lora_b)ᵀ
 * for a linear layer, scale·lora_a·lora_b for embeddings.
 * @throws UserError for other fine-tunes, and modules that cannot be measured
 */
export async function readMlxAdapter(path: string, config: Record<string, unknown>): Promise<AdapterContents> {
  const configFile = join(path, ADAPTER_CONFIG);
  const parsed = validate(configSchema, config);
  if (!parsed.success) {
    const { path: keys, message } = parsed.issue;
    throw new UserError(`${configFile} is not a config of mlx-lm: ${keys.join('.')}: ${message}`, 'restore the file');
  }
  const type = parsed.data.fine_tune_type ?? 'lora';
  if (type === 'full') throw new UserError(`${path} is a full fine-tune of mlx-lm (fine_tune_type full)`, FUSE);
  if (type !== 'lora' && type !== 'dora') {
    throw new UserError(`${configFile}: fine_tune_type ${JSON.stringify(type)} is not known`, FUSE);
  }
  const parameters = parsed.data.lora_parameters;
  if (!parameters) throw new UserError(`${configFile} has no lora_parameters`, 'restore the file');
  const entries = await readSafetensorsHeader(await resolveFile(path, MLX_ADAPTER, 'adapter'));
  const factorsOf = factorsByModule(path, entries);
  const modules = [...factorsOf].map(([module, factors]) =>
    toModule(path, module, factors, { ...parameters, isDora: type === 'dora' }),
  );
  refuseUnadapted(path, [...factorsOf.keys()], parsed.data);
  return {
    modules: modules.sort((x, y) => (x.target < y.target ? -1 : 1)),
    saved: new Map(),
    tensors: new Map(entries.map((entry) => [entry.name, entry])),
    base: parsed.data.model ?? null,
  };
}

type Factors = Partial<Record<'lora_a' | 'lora_b' | 'm', TensorEntry>>;

function factorsByModule(path: string, entries: readonly TensorEntry[]): Map<string, Factors> {
  const found = new Map<string, Factors>();
  for (const entry of entries) {
    const end = entry.name.lastIndexOf('.');
    const [module, leaf] = [entry.name.slice(0, Math.max(0, end)), entry.name.slice(end + 1)];
    if (module === '' || (leaf !== 'lora_a' && leaf !== 'lora_b' && leaf !== 'm')) {
      throw new UserError(`${path}: ${JSON.stringify(entry.name)} is not a factor of a LoRA`, FUSE);
    }
    found.set(module, { ...found.get(module), [leaf]: entry });
  }
  return found;
}

function toModule(
  path: string,
  module: string,
  { lora_a: a, lora_b: b, m }: Factors,
  { rank, scale, isDora }: { readonly rank: number; readonly scale: number; readonly isDora: boolean },
): LoraModule {
  const named = `${path}: module ${JSON.stringify(module)}`;
  if (!a || !b) throw new UserError(`${named} has no ${a ? 'lora_b' : 'lora_a'}`, 'save the adapter again');
  if (isDora !== (m !== undefined)) {
    throw new UserError(
      `${named} has ${m ? 'the magnitudes of DoRA' : 'no magnitudes'}, and fine_tune_type is ${isDora ? 'dora' : 'lora'}`,
      'restore the config',
    );
  }
  for (const { name, dtype } of m ? [a, b, m] : [a, b]) {
    if (isMeasuredDtype(dtype)) continue;
    throw new UserError(`${named}: ${JSON.stringify(name)} is ${dtype}`, 'save the adapter in a floating-point dtype');
  }
  if (a.shape.length === 3 && b.shape.length === 3) {
    throw new UserError(`${named} adapts all experts of a layer at once, which is not supported`, FUSE);
  }
  const isProduct = a.shape.length === 2 && b.shape.length === 2 && a.shape[1] === b.shape[0];
  if (!isProduct || a.size === 0 || b.size === 0 || (m && m.shape.join() !== String(b.shape[1]))) {
    throw new UserError(
      `${named}: lora_a [${a.shape.join(', ')}] and lora_b [${b.shape.join(', ')}] cannot be multiplied`,
      'save the adapter again',
    );
  }
  if (a.shape[1] !== rank) {
    const ranks = `${rank} in the config and ${a.shape[1]} in the weights`;
    throw new UserError(`${named}: its rank is ${ranks}`, 'restore the config');
  }
  const transposed = tensorPlace(module, { multimodal: false }).module === 'embed';
  if (m && transposed) throw new UserError(`${named} is DoRA on embeddings, which is not supported`, FUSE);
  // transformers stores these transposed, and the norms of rows are not those of columns.
  if (m && /\.c_(attn|proj|fc)$/.test(module))
    throw new UserError(`${named} is DoRA of GPT-2, which is not supported`, FUSE);
  return { target: `${module}.weight`, a, b, inputFirst: true, magnitude: m ?? null, rank, scale, transposed };
}

/** `model.layers.3.self_attn.q_proj` → 3 and what `keys` can name: `self_attn.q_proj`. */
const IN_LAYER = /(?:^|\.)(?:layers|h|blocks)\.(\d{1,6})\.(.+)$/;

/** Refuse factors that mlx-lm would silently skip: it adapts the modules of `keys` in the last `num_layers` layers. */
function refuseUnadapted(path: string, modules: readonly string[], config: MlxConfig): void {
  const keys = config.lora_parameters?.keys;
  const layers = config.num_layers ?? config.lora_layers ?? 0;
  const placed = modules.map((module) => {
    const [, layer, inside = module] = IN_LAYER.exec(module) ?? [];
    return { module, layer: layer === undefined ? null : Number(layer), inside };
  });
  const last = placed.reduce((most, { layer }) => Math.max(most, layer ?? 0), 0);
  for (const { module, layer, inside } of placed) {
    const isNamed = !keys || keys.includes(module) || keys.includes(inside);
    const isBefore = layers > 0 && layer !== null && layer <= last - layers;
    if (isNamed && (!isBefore || keys?.includes(module))) continue;
    const key = isNamed ? `num_layers is ${layers}` : 'the keys of lora_parameters do not name it';
    throw new UserError(
      `${path}: module ${JSON.stringify(module)} is in the file, and ${key}: mlx-lm does not load it`,
      'restore the config, or remove the tensors that do not run',
    );
  }
}
