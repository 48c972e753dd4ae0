// What the cases of the spectra study are called in its tables.

const GROUPS: Readonly<Record<string, string>> = {
  tiny: 'tiny, all weights',
  'tiny-adapters': 'tiny, adapters',
  adapters: 'SmolLM2, adapters',
  'qwen-adapters': 'Qwen 0.5B, adapters',
  zoo: 'zoo, all weights',
};

const REGIMES: Readonly<Record<string, string>> = {
  BA: 'exam form only (BA)',
  BAp: 'exam form and other text (BAp)',
  'BAp-long': 'exam form and other text for long (BAp-long)',
  CE: 'many forms (CE)',
  CEHALF: 'many forms at half the rate (CEHALF)',
  CT: 'exam forms of other items (CT)',
  CTRL: 'more of the base mixture (CTRL)',
  FMT: 'one form only (FMT)',
  LORACE: 'many forms by a merged adapter (LORACE)',
  MIX: 'half exam, half many forms (MIX)',
  PR: 'a few texts again and again (PR)',
  TXT: 'plain text (TXT)',
  merge: 'merged ½ CE + ½ BA',
};

const VARIANTS: Readonly<Record<string, string>> = {
  'x0.5': ', update × 0.5',
  x2: ', update × 2',
  half: ' at half the rate',
  quarter: ' at a quarter of the rate',
  '2x': ' at twice the rate',
  '3x': ' at three times the rate',
  collapse: ' at a rate where it breaks down',
};

export function groupLabel(name: string): string {
  return GROUPS[name] ?? name;
}

export function caseLabel(regime: string): string {
  const parts = regime.replace(/^A-/, '').split('-');
  const variant = parts.length > 1 ? VARIANTS[parts.at(-1) ?? ''] : undefined;
  const name = (variant === undefined ? parts : parts.slice(0, -1)).filter((part) => part !== 'lora').join('-');
  return variant === undefined ? (REGIMES[name] ?? name) : `${name}${variant}`;
}

/** Runs of the first study that were trained in the same way; `same` ones are the same adapters. */
export const FIRST_STUDY: Readonly<Record<string, readonly string[]>> = {
  CE: ['CE-0', 'CE-1'],
  BA: ['BA-0', 'BA-1'],
  'BA-3x': ['BA-2'],
  'BAp-long': ['BAp-long-0'],
  FMT: ['FMT-0'],
  CT: ['CT-0'],
  TXT: ['TXT-0'],
  PR: ['PR-0'],
};
export const SAME_ADAPTERS: Readonly<Record<string, string>> = { 'BA-3x-2': 'BA-2', 'CE-1': 'CE-1' };
