import { describeConfig } from '@shadow-gate/language-model';
import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
import type { BehaviorValues } from '../schema/behavior.ts';
import type { Json } from './files.ts';
import { readBehaviorValues } from './part.ts';

/**
 * Arithmetic and length as config.json has them, also at lengths that no probe has. If it is understood, the digest is
 * that of the decoder that it describes: libraries write one config in different ways.
 */
export function configPart(config: Json): BehaviorValues | null {
  const { decoder, values } = describeConfig(config);
  const part = readBehaviorValues(values);
  return part && decoder ? { ...part, digest: `sha256:${sha256(canonicalJson(decoder))}` } : part;
}
