/** Checkpoints come from the whole model, its base model (GPT-2 on the hub), torch.compile or data parallelism. */
const BASE_PREFIXES = ['transformer.', 'model.', 'gpt_neox.', 'language_model.', '_orig_mod.', 'module.'];

/** Modules that only hold others; their order in vision-language models differs between memory and files. */
const CONTAINERS = new Set([
  ...BASE_PREFIXES.map((prefix) => prefix.slice(0, -1)),
  ...['backbone', 'base_model', 'text_model', 'decoder'],
]);

/**
 * A tensor's name in the reference: the same; otherwise with a base prefix added or removed; otherwise the only name
 * that differs in nothing but the containers before it: `model.language_model.layers.0…` for
 * `language_model.model.layers.0…` (LLaVA) and `model.layers.0…` (Qwen2.5-VL).
 */
export function matchNames(names: readonly string[], originals: ReadonlyMap<string, unknown>) {
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
  return (name: string): string => {
    const direct = way(name);
    if (originals.has(direct)) return direct;
    const inner = innerName(name);
    return inNames.get(inner) === name ? (inOriginals.get(inner) ?? direct) : direct;
  };
}

/** The only name with each inner name; null if there are several. */
function byInnerName(names: Iterable<string>): ReadonlyMap<string, string | null> {
  const found = new Map<string, string | null>();
  for (const name of names) {
    const inner = innerName(name);
    found.set(inner, found.has(inner) ? null : name);
  }
  return found;
}

/**
 * A name without the containers before it, as in files. In older files, the tower of CLIP and SigLIP holds a
 * `vision_model`; in files of Mixtral and MiniMax, a mixture of experts is `block_sparse_moe`. In memory, the router is
 * `mlp.router` (Phi-3.5-MoE, `gate` in files) or `router` (Granite, `router.layer` in files), LFM3's `gate_proj` is
 * `self_attn.g_proj`, and Kimi Linear has a `forget_gate` more.
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
