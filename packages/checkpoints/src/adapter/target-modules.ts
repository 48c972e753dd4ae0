import type { NamePattern, NamePatterns } from '../naming/name-pattern.ts';
import type { PeftConfig } from './peft-config.ts';

type Compile = (pattern: string) => NamePattern;

/**
 * Which modules PEFT 0.21 adapts under this config (`check_target_module_exists`, `tuners/tuners_utils.py`). It
 * silently skips tensors of all others.
 * @returns a function from the name of a module to the key that leaves it out; null if it is adapted
 * @throws UserError for a pattern that is not supported
 */
export function moduleSelection(config: PeftConfig, patterns: NamePatterns): (module: string) => string | null {
  const compile: Compile = (pattern) => patterns.compile(pattern);
  const isExcluded = nameTest(config.exclude_modules, compile);
  const isSaved = (config.modules_to_save ?? []).map((name) => patterns.compile(`(^|.*\\.)${name}($|\\..*)`, name));
  // Without the key PEFT chooses by model type, and it refuses an empty list itself.
  const isTarget = isUnstated(config.target_modules) ? null : nameTest(config.target_modules, compile);
  const isLayer = layerTest(config, compile);
  return (module) => {
    if (isExcluded?.(module)) return 'exclude_modules';
    if (isSaved.some((pattern) => pattern.matches(module))) return 'modules_to_save';
    if (isTarget && !isTarget(module)) return 'target_modules';
    return isLayer && !isExact(config.target_modules, module) && !isLayer(module) ? 'layers_to_transform' : null;
  };
}

function isUnstated(targets: PeftConfig['target_modules']): boolean {
  if (typeof targets === 'string') return targets.toLowerCase() === 'all-linear';
  return !targets || targets.length === 0;
}

/** A text is a regular expression for the whole name, a list has names or their last parts. */
function nameTest(
  names: string | readonly string[] | null | undefined,
  compile: Compile,
): ((module: string) => boolean) | null {
  if (!names || names.length === 0) return null;
  if (typeof names === 'string') {
    const pattern = compile(names);
    return (module) => pattern.matches(module);
  }
  const ends = new Set(names);
  return (module) => {
    for (let start = 0; start >= 0; start = afterDot(module, start)) if (ends.has(module.slice(start))) return true;
    return false;
  };
}

/** Where the name goes on after the next dot; -1 after the last. */
function afterDot(module: string, start: number): number {
  const dot = module.indexOf('.', start);
  return dot < 0 ? -1 : dot + 1;
}

/** A module that the list names in full is adapted in every layer. */
function isExact(targets: PeftConfig['target_modules'], module: string): boolean {
  return Array.isArray(targets) && targets.includes(module);
}

/** Is the module in one of `layers_to_transform`? PEFT asks only where `target_modules` is a list. */
function layerTest(config: PeftConfig, compile: Compile): ((module: string) => boolean) | null {
  const { layers_to_transform: wanted, layers_pattern: lists, target_modules: targets } = config;
  if (wanted === null || wanted === undefined || typeof targets === 'string') return null;
  const layers = new Set(typeof wanted === 'number' ? [wanted] : wanted);
  if (layers.size === 0) return null;
  const patterns = (typeof lists === 'string' ? [lists] : (lists ?? []))
    .filter((list) => list !== '')
    .map((list) => compile(list));
  return (module) => {
    const layer = patterns.length === 0 ? firstNumber(module) : layerIn(module, patterns);
    return layer !== null && layers.has(layer);
  };
}

/** `.*?\.[^.]*\.(\d+)\.`: the first number that has two parts before it. */
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
