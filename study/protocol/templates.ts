/**
 * Which places the protocol finds in released chat templates, or why a template has none:
 *
 *     npx tsx study/protocol/templates.ts FOLDER
 *
 * FOLDER has files `*.jinja`. Characters stand for tokens, since only the text at a place matters.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderChat, type Tokenizer } from '@shadow-gate/language-model/tokens';
import { PLACES } from '@shadow-gate/probes/answer';
import { protocolTexts } from '@shadow-gate/probes/texts';

const specialTokens = { bos_token: '<s>', eos_token: '</s>', pad_token: '<pad>', unk_token: '<unk>' };

function tokenizerOf(chatTemplate: string): Tokenizer {
  const encode = (text: string) => Array.from(text, (character) => character.codePointAt(0) ?? 0);
  const renderOwn: Tokenizer['renderChat'] = (messages, options) =>
    renderChat(messages, { ...options, template: chatTemplate, specialTokens });
  return {
    encode,
    chatTemplate,
    leading: [],
    eosId: 0,
    eosIds: new Set(),
    renderChat: renderOwn,
  } as unknown as Tokenizer;
}

const folder = process.argv[2] ?? '.';
for (const name of readdirSync(folder)
  .filter((file) => file.endsWith('.jinja'))
  .sort()) {
  const tokenizer = tokenizerOf(readFileSync(join(folder, name), 'utf8'));
  const { texts, missing } = protocolTexts(1, { tokenizer, maxLength: Number.MAX_SAFE_INTEGER }) ?? {
    texts: [],
    missing: [],
  };
  const found = PLACES.flatMap((place) => {
    const one = texts.find(({ parts }) => parts.some((part) => part.place === place));
    if (one === undefined) return [];
    const written = one.parts
      .filter((part) => part.place === place)
      .map(({ from, to }) => String.fromCodePoint(...one.continuation.slice(from, to)));
    return [`${place}: ${written.map((text) => JSON.stringify(text)).join(' ')}`];
  });
  console.log(`## ${name}\n${[...found, ...missing.map(({ place, why }) => `- ${place}: ${why}`)].join('\n')}`);
}
