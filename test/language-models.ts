import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Device } from '@shadow-gate/checkpoints/onnx';
import { fixture } from './fixtures.ts';

export const CPU: Device = { name: 'cpu', reason: 'for the tests' };

/** A checkpoint in a folder with the logits of transformers: see make_language_models.py. */
export function languageModel(name: string): string {
  return fixture('language-models', name);
}

/** All fixtures of full weights. */
export const LANGUAGE_MODELS = readdirSync(fixture('language-models')).filter((name) =>
  existsSync(join(languageModel(name), 'config.json')),
);
