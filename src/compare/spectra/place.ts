import type { GroupMeasurement } from '../../measure/schema/index.ts';

/** A module type; with a module of null, the whole model. */
export interface CalibrationPlace {
  readonly component: GroupMeasurement['component'];
  readonly module: GroupMeasurement['module'] | null;
}

/** `q_proj`, `vision q_proj` in a vision-language model, or `model`. */
export function placeName({ component, module }: CalibrationPlace): string {
  if (module === null) return 'model';
  return component === null ? module : `${component} ${module}`;
}

export function isSamePlace(a: CalibrationPlace, b: CalibrationPlace): boolean {
  return a.component === b.component && a.module === b.module;
}
