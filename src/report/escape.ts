/**
 * The author of a checkpoint chooses the names in it, and a pull request from a stranger is exactly what the gate is
 * for. So nothing but our own literals reaches Markdown, HTML or a log without passing through this file.
 */

/** Real names stay under 80: `model.language_model.layers.31.mlp.experts.127.down_proj.weight[expert 3]`. */
const NAME_LENGTH = 120;
/** A message is a sentence or two with one name in it. */
const MESSAGE_LENGTH = 400;

/**
 * Characters that a reader cannot see: controls, format characters (bidi overrides, zero width), combining marks (they
 * can be stacked over the lines above), private and unassigned code points, lone surrogates, and every space but " ".
 */
const UNSEEN = /[\p{C}\p{M}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|[^\P{Zs} ]/gu;

/** Right-to-left letters. Without an isolate they reorder the numbers next to them. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const isolate = (text: string): string => (RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text);

/**
 * GitHub looks for these in the text of the finished page, after entities are resolved, so an entity alone does not
 * stop a mention, `#12`, `GH-12`, `:emoji:`, `$math$`, an e-mail address or a link. A tag between the two halves does.
 */
const SIGILS = '@:#$';
const SPECIAL = /www\.|GH-(?=\d)|(?![A-Za-z0-9 ,./-])[!-~]/gi;

/** Shortens in the middle, to at most `length` code points: both ends of a name carry information. */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  const points = Array.from(text.length > 4 * length ? text.slice(0, 2 * length) + text.slice(-2 * length) : text);
  if (points.length <= length) return text;
  const head = Math.ceil((length - 1) / 2);
  const tail = length - 1 - head;
  return `${points.slice(0, head).join('')}…${points.slice(points.length - tail).join('')}`;
}

/** Every character that cannot be seen, written as `\n` or `\u202e`. */
function visible(text: string, length: number): string {
  return shorten(shorten(text, length).replace(UNSEEN, named), length);
}

function named(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
}

/** No-break spaces are good typography in a sentence ("41.9 points"), not a trick: an ordinary space replaces them. */
const ordinarySpaces = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ');

const entity = (character: string): string => `&#${character.codePointAt(0)};`;

const neutralize = (text: string): string => isolate(neutralized(text));

function neutralized(text: string): string {
  return text.replace(SPECIAL, (match) => {
    if (match.length > 1) return `${match.slice(0, -1)}<span>${match.slice(-1)}</span>`;
    return SIGILS.includes(match) ? `<span>${entity(match)}</span>` : entity(match);
  });
}

/**
 * A name as inline code, safe anywhere in GitHub Markdown: in a paragraph, a table cell, a `<summary>`. Not a code span
 * of backticks, because those break on backticks and, in a table, on pipes.
 */
export function codeName(name: string): string {
  return `<code>${name === '' ? '(empty)' : neutralize(visible(name, NAME_LENGTH))}</code>`;
}

/** Characters that fit a column on a phone. */
const NARROW_LENGTH = 40;

/** A code name for a narrow column: lines may break after each part of the name, and within long parts. */
export function narrowName(name: string): string {
  const parts = visible(name, NARROW_LENGTH).match(/[^./_-]{1,12}[./_-]?|[./_-]/gu) ?? ['(empty)'];
  return `<code>${isolate(parts.map(neutralized).join('<wbr>'))}</code>`;
}

/** A command may have several paths, and half a command would be another one. */
const COMMAND_LENGTH = 2000;

/** A command with foreign paths as inline code: as safe as a name, and long enough to be copied whole. */
export function codeCommand(command: string): string {
  return `<code>${neutralize(visible(command, COMMAND_LENGTH))}</code>`;
}

export function printableCommand(command: string): string {
  return printable(command, COMMAND_LENGTH);
}

/** A message as running text, safe in the same places. Its first character cannot open a list, a heading or a table. */
export function plainText(text: string): string {
  const line = visible(ordinarySpaces(text), MESSAGE_LENGTH);
  const first = /^[\d =+-]/.exec(line)?.[0];
  return first === undefined ? neutralize(line) : entity(first) + neutralize(line.slice(1));
}

/** Running text for a narrow column: long words may break. */
export function narrowText(text: string): string {
  const words = ordinarySpaces(text).split(/(?<= )/);
  return words
    .map((word) =>
      word.length <= LONG_WORD ? plainText(word) : (word.match(/.{1,12}/gsu) ?? []).map(plainText).join('<wbr>'),
    )
    .join('');
}

const LONG_WORD = 18;

/**
 * A name or message as one line of a terminal or a log: no escape sequence, no line break, and no workflow command. The
 * runner takes `::error::` at the start of a line and `##[error]` anywhere in one, so neither `::` nor `##[` survives.
 * Other pairs of `#` do: GSM8K marks its answers with `####`.
 */
export function printable(text: string, length = MESSAGE_LENGTH): string {
  const line = visible(ordinarySpaces(text), length);
  return isolate(withoutCommands(line));
}

function withoutCommands(line: string): string {
  return line.replace(/(?<=:):/g, '\\u003a').replace(/(?<=#)#(?=\[|$)/g, '\\u0023');
}

/** The two characters that `isolate` adds are harmless. */
const ISOLATES = /[\u2068\u2069]/;

/** A message of any length as one line of a log: the last step before it is written, after all other escaping. */
export function logLine(text: string): string {
  const line = ordinarySpaces(text).replace(UNSEEN, (character) =>
    ISOLATES.test(character) ? character : named(character),
  );
  return withoutCommands(line);
}

/** {@link logLine} for several lines, such as a stack trace. */
export function logLines(text: string): string {
  return text.split(/\r?\n/).map(logLine).join('\n');
}

/** JSON for a terminal or a log: escapes C1 controls, bidi overrides and `##[error]`, unlike JSON.stringify. */
export function printableJson(value: unknown): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const units = (text: string) => text.split('').map(escaped).join('');
  return JSON.stringify(value, null, 2)
    .replace(UNSEEN, (character) => (character === '\n' ? character : units(character)))
    .replace(/(?<=:):|(?<=#)#(?=\[|")/g, escaped);
}

/** A prompt may be a page long; a reader needs its question. */
const BLOCK_LINES = 40;
const BLOCK_LENGTH = 2000;

/**
 * A text of several lines as a block. HTML, since a fence of backticks can be closed from inside.
 * @param options.isWhole for our own text with foreign names, which is short enough
 */
export function codeBlock(text: string, options: { readonly isWhole?: boolean } = {}): string {
  const all = (options.isWhole ? text : shorten(text, BLOCK_LENGTH)).split('\n');
  const lines =
    options.isWhole || all.length <= BLOCK_LINES
      ? all
      : [...all.slice(0, BLOCK_LINES / 2), '…', ...all.slice(-BLOCK_LINES / 2)];
  return `<pre>${lines.map((line) => neutralize(visible(line, BLOCK_LENGTH))).join('\n')}</pre>`;
}

/** A cell or a sentence may quote a whole question. */
const HTML_LENGTH = 4000;

/** Text for an element or a quoted attribute of HTML: no character is invisible, and none opens a tag or an entity. */
export function htmlText(text: string, length = HTML_LENGTH): string {
  return escapeHtml(plainLine(text, length));
}

/** A text of several lines for an element that keeps line ends. */
export function htmlLines(text: string): string {
  return shorten(text, HTML_LENGTH)
    .split(/\r?\n/)
    .map((line) => htmlText(line))
    .join('\n');
}

/** A text for a library that escapes what it writes, such as the labels of a chart. */
export function plainLine(text: string, length = NAME_LENGTH): string {
  return isolate(visible(ordinarySpaces(text), length));
}

const HTML_SPECIAL = /[&<>"'`]/g;
const escapeHtml = (text: string): string => text.replace(HTML_SPECIAL, entity);
