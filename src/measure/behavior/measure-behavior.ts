import type { Checkpoint } from '../../checkpoint/checkpoint.ts';
import type { FullCheckpoint } from '../../checkpoint/formats/full-checkpoint.ts';
import type { Behavior, BehaviorFiles } from '../schema/behavior.ts';
import { measureLogitScale } from './logit-scale.ts';
import { sampleTokens } from './token-sample.ts';

/** What a model does beside being right or wrong. @param files that have been read already */
export async function measureBehavior(
  checkpoint: Checkpoint,
  base: FullCheckpoint | null,
  files: BehaviorFiles,
): Promise<Behavior> {
  const tokens = files.tokenizer === null ? null : await sampleTokens(checkpoint, base);
  return { files, ...(tokens === null ? {} : { tokens }), logitScale: await measureLogitScale(checkpoint, base) };
}
