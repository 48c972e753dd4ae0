import { type Device, float64Device } from '@shadow-gate/checkpoints/onnx';
import type { Method } from './metrics-schema.ts';

/** `auto` is exact for matrices that take no time. */
export const METHOD_CHOICES = ['auto', 'exact', 'fast'] as const;
export type MethodChoice = (typeof METHOD_CHOICES)[number];

/** With `auto`, exact up to this size of the shorter side: bounds would hardly be faster. */
const EXACT_UP_TO = 1024;

/** With `fast`, exact up to this size: a Krylov basis would span the whole space. */
const WHOLE_SPACE = 64;

export function chooseMethod(shape: readonly [number, number], choice: MethodChoice): Method {
  if (choice === 'exact') return 'exact';
  return Math.min(...shape) > (choice === 'fast' ? WHOLE_SPACE : EXACT_UP_TO) ? 'fast' : 'exact';
}

/** Exact spectra need float64. */
export function methodDevice(method: Method, device: Device): Device {
  return method === 'fast' ? device : float64Device(device);
}
