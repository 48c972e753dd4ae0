// Lint the prose that people read, in comments, messages and docs: constructions that no native writer uses, and
// comments over 120 columns. Usage: npx tsx scripts/lint/prose.ts [path…] (all tracked files if none is given); exits 1
// with one line a finding.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listFiles } from './list-files.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COLUMNS = 120;

/** [what is not written, what is]. Each is looked for in one line. */
const CONSTRUCTIONS: readonly (readonly [RegExp, string])[] = [
  // At the start of a comment, a string, a table cell or a sentence.
  [
    /(?:^\s*(?:\/\/|\/?\*{1,2}|#+|[-|>]|\d+\.)?\s*|[.:;!?] |['"`>(]|\| )Of (?!course\b)[a-z\d$`“"]/,
    'put the subject first',
  ],
  // "… beside tokenizer.json" is a key in measurements.
  [/(?:^|[\w,.;:)%}`’”*] )beside (?!tokenizer\.json\b)(?=[\w`$'"“({[*])/i, 'next to, with, compared with'],
  [/(?<!\b[Tt]here )\b(?:is|are|was|were) none\b(?! of\b)/, 'is not one, has no …'],
  [/\bas far as\b/i, 'where, if, what is known of'],
];

const EXCEPTIONS = [
  /^(dist|out)\/|^package-lock\.json$|^(packages\/[^/]+\/)?test\/fixtures\//,
  /\.(png|svg|safetensors|onnx|json|jsonl|csv|gguf|npy|bin)$|\.snapshot\.txt$/,
  // A hypothesis stays as it was written before the runs.
  /^study\/HYPOTHESES\.md$/,
  // Sentences of stored reports, and templates of questions that stored runs asked.
  /^study\/(RUNS\.md|problems\.py)$/,
  /^LICENSE$|^CODE_OF_CONDUCT\.md$|^scripts\/lint\/prose\.ts$/,
];

const COMMENT = /^\s*(?:\/\/|\*|\/\*)|\s\/\/ |\/\*\* .*\*\/$/;
/** A line that cannot be broken: a command, an address, a directive of a tool, or one word. */
const UNBREAKABLE =
  /^\s*(?:\/\/|\*)\s{3,}\S|https?:\/\/\S{40}|biome-ignore|@ts-expect-error|sourceMappingURL|^\s*\/\/\s*\S+$/;

// A reader such as `head` may close the pipe early.
process.stdout.on('error', () => process.exit(1));

let count = 0;
for (const name of listFiles(ROOT, process.argv.slice(2))) {
  if (EXCEPTIONS.some((path) => path.test(name))) continue;
  const code = /\.[cm]?[jt]s$/.test(name);
  for (const [i, line] of readFileSync(join(ROOT, name), 'utf8').split('\n').entries()) {
    const found = CONSTRUCTIONS.flatMap(([pattern, instead]) => {
      const match = pattern.exec(line);
      return match === null ? [] : [`"${match[0].trim()}" → ${instead}`];
    });
    if (code && line.length > COLUMNS && COMMENT.test(line) && !UNBREAKABLE.test(line))
      found.push(`a comment of ${line.length} columns, more than ${COLUMNS}`);
    for (const text of found) console.log(`${name}:${i + 1}: ${text}`);
    count += found.length;
  }
}
if (count > 0) {
  console.log(`${count} ${count === 1 ? 'place reads' : 'places read'} badly`);
  process.exitCode = 1;
}
