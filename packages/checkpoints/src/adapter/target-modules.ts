import type { NamePattern, NamePatterns } from '../naming/name-pattern.ts';
import type { PeftConfig } from './peft-config.ts';

/**
 * The modules that PEFT 0.21 adapts under this config (`check_target_module_exists`, `tuners/tuners_utils.py`). It
 * silently skips tensors of all others. @throws UserError for a pattern that is not supported
 * @returns a function from the name of a module to the key that leaves it out; null if it is adapted
 */
export function moduleSelection(config: PeftConfig, patterns: NamePatterns): (module: string) => string | null {
  const { target_modules: targets } = config;
  const isExcluded = nameTest(config.exclude_modules, patterns);
  const isSaved = (config.modules_to_save ?? []).map((name) => patterns.compile(`(^|.*\\.)${name}($|\\..*)`, name));
  // Without the key PEFT chooses by model type, and it refuses an empty list itself.
  const isAllLinear = typeof targets === 'string' && targets.toLowerCase() === 'all-linear';
  const isTarget = isAllLinear ? null : nameTest(targets, patterns);
  const isLayer = layerTest(config, patterns);
  return (module) => {
    if (isExcluded?.(module)) return 'exclude_modules';
    if (isSaved.some((pattern) => pattern.matches(module))) return 'modules_to_save';
    if (isTarget && !isTarget(module)) return 'target_modules';
    // A module that the list names in full is adapted in every layer.
    const isExact = Array.isArray(targets) && targets.includes(module);
    return isLayer && !isExact && !isLayer(module) ? 'layers_to_transform' : null;
  };
}

type ModuleTest = (module: string) => boolean;

/** A text is a regular expression for the whole name, a list has names or their last parts. */
function nameTest(names: PeftConfig['target_modules'], patterns: NamePatterns): ModuleTest | null {
  if (!names || names.length === 0) return null;
  if (typeof names === 'string') {
    const pattern = patterns.compile(names);
    return (module) => pattern.matches(module);
  }
  const ends = new Set(names);
  return (module) => {
    const parts = module.split('.');
    return parts.some((_, start) => ends.has(parts.slice(start).join('.')));
  };
}

/** Is the module in one of `layers_to_transform`? PEFT asks only if `target_modules` is a list. */
function layerTest(config: PeftConfig, names: NamePatterns): ModuleTest | null {
  const { layers_to_transform: wanted, layers_pattern: lists, target_modules: targets } = config;
  if (wanted === null || wanted === undefined || typeof targets === 'string') return null;
  const layers = new Set(typeof wanted === 'number' ? [wanted] : wanted);
  if (layers.size === 0) return null;
  const patterns = (typeof lists === 'string' ? [lists] : (lists ?? []))
    .filter((list) => list !== '')
    .map((list) => names.compile(list));
  return (module) => {
    const layer = patterns.length === 0 ? firstNumber(module) : layerIn(module, patterns);
    return layer !== null && layers.has(layer);
  };
}

/** `.*?\.[^.]*\.(\d+)\.`: the first number after two parts. */
function firstNumber(module: string): number | null {
  const parts = module.split('.');
  const index = parts.findIndex((part, i) => i >= 2 && i < parts.length - 1 && /^\d+$/.test(part));
  return index < 0 ? null : Number(parts[index]);
}

/** `(?:^|.*?\.)<pattern>\.(\d+)\.`: the first number behind a list of layers. */
function layerIn(module: string, patterns: readonly NamePattern[]): number | null {
  const parts = module.split('.');
  for (const pattern of patterns) {
    for (let end = 1; end < parts.length - 1; end += 1) {
      if (!/^\d+$/.test(parts[end] ?? '')) continue;
      for (let start = 0; start < end; start += 1) {
        if (pattern.matches(parts.slice(start, end).join('.'))) return Number(parts[end]);
      }
    }
  }
  return null;
}
