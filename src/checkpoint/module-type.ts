/** The kinds of matrix a transformer block is made of; other names of the same thing are mapped to these. */
export const MODULE_TYPES = [
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'gate_proj',
  'up_proj',
  'down_proj',
  'embed',
  'lm_head',
  'other',
] as const;
export type ModuleType = (typeof MODULE_TYPES)[number];

/** The three parts of a vision-language model. */
export const COMPONENTS = ['vision', 'projector', 'language'] as const;
export type Component = (typeof COMPONENTS)[number];

export const ATTENTION_MODULES: readonly ModuleType[] = ['q_proj', 'k_proj', 'v_proj', 'o_proj'];
export const MLP_MODULES: readonly ModuleType[] = ['gate_proj', 'up_proj', 'down_proj'];
