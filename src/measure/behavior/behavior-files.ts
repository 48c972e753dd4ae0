import type { Checkpoint } from '@shadow-gate/checkpoints';
import { filesBeside } from '@shadow-gate/checkpoints/formats';
import { digestGgufTokens, findTokenSource, type TokenPlace } from '@shadow-gate/language-model/tokens';
import { ggufDefaults } from '@shadow-gate/language-model/tokens/gguf-defaults';
import { UserError } from '@shadow-gate/platform';
import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
import type { BehaviorFiles } from '../schema/behavior.ts';
import { chatTemplatePart } from './chat-template-part.ts';
import { codePart } from './code-part.ts';
import { configPart } from './config-part.ts';
import { type Folder, readFolderJson } from './files.ts';
import { generationConfigPart } from './generation-config-part.ts';
import { specialTokensPart } from './special-tokens-part.ts';
import { hasTokenizer, tokenizerPart } from './tokenizer-part.ts';

/** An opened checkpoint with its config. Its weights are not read here. */
export interface DescribedFolder extends TokenPlace {
  /** `lora`: an adapter, which is used with the files of its base model. */
  readonly format: Checkpoint['format'];
  readonly config: Readonly<Record<string, unknown>> | null;
}

/** The files that decide how a checkpoint is used. An adapter inherits its base's; without a base, those are null. */
export async function describeFiles(checkpoint: DescribedFolder, base: DescribedFolder | null): Promise<BehaviorFiles> {
  const own = await folderOf(checkpoint);
  const model = checkpoint.format === 'lora' ? base : checkpoint;
  const inherited = checkpoint.format === 'lora' && base ? await folderOf(base) : null;
  const config = model?.config ?? {};
  const tokens = inherited === null || (await hasTokenizer(own)) ? own : inherited;
  // The largest of the files is read once.
  const json = await readFolderJson(tokens, 'tokenizer.json');
  const ownDefaults = defaultsIn(checkpoint);
  const inheritedDefaults = inherited !== null && base !== null ? defaultsIn(base) : null;
  const ends = (tokens === own ? ownDefaults : inheritedDefaults)?.ends ?? {};
  return {
    tokenizer: await tokenizerPart(tokens, json),
    'special-tokens': await specialTokensPart(tokens, { config, json, ends }),
    'chat-template': await chatTemplatePart(tokens),
    'generation-config':
      (await generationConfigPart(own, ownDefaults, inherited === null ? config : {})) ??
      (inherited === null ? null : await generationConfigPart(inherited, inheritedDefaults, config)),
    config: configPart(config),
    code: await codePart(inherited ?? own, config),
  };
}

const defaultsIn = ({ gguf }: DescribedFolder) => (gguf ? ggufDefaults(gguf.metadata) : null);

/** A lone file has its configs in its folder; a GGUF file has them inside. */
export async function folderOf(opened: DescribedFolder): Promise<Folder> {
  const { gguf } = opened;
  if (!gguf) return filesBeside(opened);
  try {
    const source = await findTokenSource(opened);
    if (source.kind === 'folder') return source.files;
    const { 'tokenizer.json': json, 'tokenizer_config.json': config } = source.files;
    return { files: { 'tokenizer.json': json, 'tokenizer_config.json': config } };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    // Whatever needs the tokenizer says why it cannot be used.
    return { files: { 'tokenizer.json': { unreadable: digestGgufTokens(gguf.metadata) } } };
  }
}

/** 64 hexadecimal digits that change with any of the files. */
export function digestFiles(files: BehaviorFiles): string {
  return sha256(canonicalJson(files));
}
