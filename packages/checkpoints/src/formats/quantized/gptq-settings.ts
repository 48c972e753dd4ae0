import { isObject } from '@shadow-gate/platform/json';
import type { NamePatterns } from '../../naming/name-pattern.ts';
import type { ConfigSection, GptqSettings } from './format.ts';

/** From GPTQModel's `dynamic` (first matching pattern) and AutoRound's `extra_config`; null for a module in full. */
export function gptqSettings(settings: ConfigSection, patterns: NamePatterns): (module: string) => GptqSettings | null {
  const dynamic = Object.entries(isObject(settings.dynamic) ? settings.dynamic : {});
  const extra = Object.entries(isObject(settings.extra_config) ? settings.extra_config : {});
  const chosen = settings.modules_in_block_to_quantize;
  const leaves = Array.isArray(chosen) ? chosen.flat().filter((name) => typeof name === 'string') : null;
  return (module) => {
    if (leaves && !leaves.some((leaf) => module.endsWith(leaf))) return null;
    const rule = dynamic.find(([name]) => patterns.compile(`(${name.replace(/^[+-]:/, '')}).*`, name).matches(module));
    if (rule?.[0].startsWith('-:')) return null;
    const named = extra.find(([name]) => name === module);
    const matched =
      named ??
      extra.find(([name]) => !/^[\w.]+$/.test(name) && patterns.compile(`.*(${name}).*`, name).matches(module));
    const own = { ...settings, ...asSection(rule?.[1]), ...asSection(matched?.[1]) };
    const { bits, group_size: size, sym, desc_act: ordered } = own;
    if (typeof bits === 'number' && bits >= 16) return null;
    return {
      bits: typeof bits === 'number' ? bits : null,
      groupSize: typeof size === 'number' ? size : null,
      isSymmetric: sym !== false,
      isOrdered: ordered === true,
    };
  };
}

function asSection(value: unknown): ConfigSection {
  return isObject(value) ? value : {};
}
