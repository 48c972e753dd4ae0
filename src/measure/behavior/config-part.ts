import { describeConfig } from '@shadow-gate/language-model';
import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
import type { BehaviorValues } from '../schema/behavior.ts';
import type { Json } from './files.ts';
import { readBehaviorValues } from './part.ts';

/**
 * What config.json says about arithmetic and length, also at lengths that no probe has. Where it is understood, its
 * digest is that of the decoder that it describes: libraries write one config in different ways.
 */
export function configPart(config: Json): BehaviorValues | null {
  const { decoder, values } = describeConfig(config);
  const part = readBehaviorValues(values);
  return part && decoder ? { ...part, digest: `sha256:${sha256(canonicalJson(decoder))}` } : part;
}
