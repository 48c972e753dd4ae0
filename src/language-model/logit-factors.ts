/** What all logits are multiplied by, where a score says how it would change: sharper above 1, flatter below. */
export const LOGIT_FACTORS = [0.5, 0.75, 1.5, 2] as const;
