import type { Place } from './coordinates.ts';

/** `q_proj`, `vision q_proj` in a vision-language model, or `model`. */
export function placeName({ component, module }: Place): string {
  if (module === null) return 'model';
  return component === null ? module : `${component} ${module}`;
}
