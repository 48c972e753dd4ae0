// Lint the words that people read: code, comments, docs, workflows. One name per thing, American spelling.
// Usage: npx tsx scripts/lint/words.ts [path…]   (all tracked files if none is given); exits 1 with one line a finding.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listFiles } from './list-files.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** [what is not written, what is], both as in docs/reference/glossary.md. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bmend(s|ed|ing)?\b/i, 'fix, or hint (for what a user can do)'],
  [/\bheed(s|ed|ing)?\b/i, 'use, take into account'],
  [/(?<!next )\bdoors?\b/i, 'entry point'],
  [/\bhouse\b/i, 'architecture'],
  [/(?<!Math\.)\bfloors?\b(?!\()/i, 'layer; chance level; lower limit'],
  [/\blost directions?\b/i, 'rank loss'],
  [/\bbrackets? that hold\b|\bin brackets\b|\b(false|narrow|wide|fast) brackets?\b/i, 'bounds'],
  [/\btelling\b/i, 'informative, example'],
  [/\b(says?|said) (a|the|no|its) verdict\b/i, 'report a verdict'],
  [/\bslip of the keyboard\b/i, 'typo'],
  [/\bbeyond any sense\b/i, 'unreasonably large'],
  [/\b(thrice|dearest|whoever|nobody waits)\b/i, 'plain words'],
  [/\btill\b/i, 'until'],
  [/\b(colour|behaviour|favour|honour|neighbour|labour|flavour)/i, 'American spelling: -or'],
  [
    /\b(normal|quanti|summar|neutral|recogn|serial|initial|optim|general|special|real|minim|maxim|organ|author|util|final|token|categor|random|parallel|visual|emphas|synchron|custom|standard|penal|capital|regular|vector|factor)is(e|es|ed|ing|er|ers|ation|ations)\b/i,
    'American spelling: -ize',
  ],
  [/\banalys(e|es|ed|ing)\b/i, 'American spelling: -yze'],
  [
    /\b(grey|licence|licences|centre|centres|catalogue|cancelled|labelled|modelling|modelled|travelled|judgement|artefacts?|whilst|amongst)\b/i,
    'American spelling',
  ],
  [/\d\u00a0?\u202f? %(?![a-z0-9(])/i, 'no space before %'],
];

/** Words that are right where they are: what probes ask about, names of others. */
const EXCEPTIONS: readonly (readonly [RegExp, RegExp])[] = [
  [
    /^(dist|examples\/[^/]+)\/|^package-lock\.json$|^(packages\/[^/]+\/)?test\/fixtures\/|\.(png|safetensors|onnx|json|jsonl)$|^test\/.*\.snapshot\.txt$/,
    /./,
  ],
  [/^scripts\/lint\/words\.ts$|^docs\/reference\/glossary\.md$/, /./],
  [
    /^packages\/probes\/(src\/(families\/|forms\/distractors|redraw\/question-numbers)|test\/)/,
    /house|floor|door|thrice/i,
  ],
  // A key of policies, which people have in their files.
  [
    /^docs\/reference\/policy\.md$|^src\/policy\/(apart|probe-policy|suite-tier)\.ts$|^(src|test)\/compare\/(probes\/|estimates\/|pairing\/|tests\/|benchmarks\/|checks\/suites)/,
    /floor/,
  ],
  // An operator of ONNX.
  [/^packages\/language-model\/src\/graph\//, /^Floor$/],
  [/^LICENSE$|^CODE_OF_CONDUCT\.md$/, /./],
];

let count = 0;
for (const name of listFiles(ROOT, process.argv.slice(2))) {
  const excepted = EXCEPTIONS.filter(([path]) => path.test(name)).map(([, word]) => word);
  if (excepted.some((word) => word.source === '.')) continue;
  for (const [i, line] of readFileSync(join(ROOT, name), 'utf8').split('\n').entries()) {
    for (const [word, instead] of WORDS) {
      const match = word.exec(line);
      if (match === null || excepted.some((allowed) => allowed.test(match[0]))) continue;
      count += 1;
      console.log(`${name}:${i + 1}: "${match[0]}" → ${instead}`);
    }
  }
}
if (count > 0) {
  console.log(`${count} ${count === 1 ? 'word is' : 'words are'} not ours: see docs/reference/glossary.md`);
  process.exitCode = 1;
}
