/**
 * Tokens that end a turn (llama.cpp, src/llama-vocab.cpp, `special_eog_ids`). generation_config.json has their ids beside EOS, and
 * a GGUF file often EOS alone.
 */
const ENDS = new Set([
  '<|eot_id|>',
  '<|eom_id|>',
  '<|im_end|>',
  '<|end|>',
  '<|return|>',
  '<|call|>',
  '<|end_of_text|>',
  '<|endoftext|>',
  '<end_of_turn>',
  '<end_of_utterance>',
  '<turn|>',
  '<EOT>',
]);

/** Of a format in which `<|end|>` ends a message, and the turn goes on. */
const FINAL = '<|return|>';
const OF_A_MESSAGE = '<|end|>';

/**
 * The ids of those tokens that the chat templates write.
 * @param special tokens that are matched as a whole, by their ids
 */
export function endsOfTurns(special: ReadonlyMap<number, string>, templates: readonly string[]): number[] {
  const texts = new Set(special.values());
  return [...special].flatMap(([id, token]) => {
    if (!ENDS.has(token) || (token === OF_A_MESSAGE && texts.has(FINAL))) return [];
    return templates.some((template) => template.includes(token)) ? [id] : [];
  });
}
