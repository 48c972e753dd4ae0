/**
 * Some checkpoints are saved from the whole model, some (GPT-2 on the hub) from the base model inside it; some from
 * what torch.compile or data parallelism wraps around it.
 */
const BASE_PREFIXES = ['transformer.', 'model.', 'gpt_neox.', 'language_model.', '_orig_mod.', 'module.'];

/**
 * Modules that only hold others. Vision-language models have them in another order in memory than in the hub's files.
 */
const CONTAINERS = new Set([
  ...BASE_PREFIXES.map((prefix) => prefix.slice(0, -1)),
  ...['backbone', 'base_model', 'text_model', 'decoder'],
]);

/**
 * A tensor's name in the reference: the same; or, if no tensor has the same name, with a base prefix added or removed.
 * One that is not there all the same has the name of the only tensor that differs from it in the containers before it:
 * `model.language_model.layers.0…` for `language_model.model.layers.0…` (LLaVA) and `model.layers.0…` (Qwen2.5-VL).
 */
export function matchNames(
  names: readonly string[],
  originals: ReadonlyMap<string, unknown>,
): (name: string) => string {
  const ways: Array<(name: string) => string> = [
    (name) => name,
    ...BASE_PREFIXES.flatMap((prefix) => [
      (name: string) => prefix + name,
      (name: string) => (name.startsWith(prefix) ? name.slice(prefix.length) : name),
    ]),
  ];
  const way = ways.find((changed) => names.some((name) => originals.has(changed(name)))) ?? ((name) => name);
  if (names.every((name) => originals.has(way(name)))) return way;
  const inNames = byInnerName(names);
  const inOriginals = byInnerName(originals.keys());
  return (name) => {
    const direct = way(name);
    if (originals.has(direct)) return direct;
    const inner = innerName(name);
    return inNames.get(inner) === name ? (inOriginals.get(inner) ?? direct) : direct;
  };
}

/** The only one of the names with each inner name; null where there are several. */
function byInnerName(names: Iterable<string>): ReadonlyMap<string, string | null> {
  const found = new Map<string, string | null>();
  for (const name of names) {
    const inner = innerName(name);
    found.set(inner, found.has(inner) ? null : name);
  }
  return found;
}

/**
 * A name without the containers before it; the tower of CLIP and SigLIP holds a `vision_model` in older files, and a
 * mixture of experts is `block_sparse_moe` in those of Mixtral and MiniMax. In memory its router is `mlp.router` in
 * Phi-3.5-MoE, whose files have `gate`, and `router` in Granite, whose files have `router.layer`; LFM3's
 * `self_attn.g_proj` is `gate_proj` in files, and Kimi Linear's `forget_gate` is left out there.
 */
export function innerName(name: string): string {
  const path = name
    .split('.')
    .filter((part, i, parts) => part !== 'forget_gate' && (part !== 'layer' || parts[i - 1] !== 'router'))
    .map((part) => (part === 'block_sparse_moe' ? 'mlp' : part))
    .map((part, i, parts) => (part === 'gate_proj' && parts[i - 1] === 'self_attn' ? 'g_proj' : part))
    .map((part, i, parts) => (part === 'router' && parts[i - 1] === 'mlp' ? 'gate' : part));
  const start = path.findIndex((part) => !CONTAINERS.has(part));
  const inner = path.slice(Math.max(0, start));
  return (inner[1] === 'vision_model' ? [inner[0], ...inner.slice(2)] : inner).join('.');
}
