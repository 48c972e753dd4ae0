import type { CalibrationRun } from '../calibration/schema.ts';

/** A module type; with a module of null, the whole model. */
export interface CalibrationPlace {
  readonly component: CalibrationRun['groups'][number]['component'];
  readonly module: CalibrationRun['groups'][number]['module'] | null;
}

/** `q_proj`, `vision q_proj` in a vision-language model, or `model`. */
export function placeName({ component, module }: CalibrationPlace): string {
  if (module === null) return 'model';
  return component === null ? module : `${component} ${module}`;
}

export function isSamePlace(a: CalibrationPlace, b: CalibrationPlace): boolean {
  return a.component === b.component && a.module === b.module;
}
