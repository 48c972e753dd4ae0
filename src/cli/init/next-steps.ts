import { DOCS_URL } from '@shadow-gate/platform';
import { printable } from '../../report/escape.ts';
import { quoteShellWord, shellPath } from '../shell-words.ts';
import { BASELINE_FILE } from './existing.ts';
import type { Subject } from './subject.ts';
import { CANDIDATE_FILE } from './workflow-text.ts';

interface NextSteps {
  /** How to start this program again. */
  readonly program: string;
  readonly commit: readonly string[];
  readonly hasRepository: boolean;
  /** The workflow names the action by its placeholder. */
  readonly isPlaceholder: boolean;
  readonly subject: Subject;
  /** In seconds. */
  readonly budget: number | undefined;
  /** The checkpoint to measure as the baseline, if it is not the one that pull requests change. */
  readonly approved: string | undefined;
  /** Null: it has not been measured yet. */
  readonly baseline: string | null;
}

/** Lines that start with six spaces are commands. */
export function initNextSteps(steps: NextSteps): string[] {
  const { program, hasRepository, isPlaceholder, commit, budget, approved, baseline, subject } = steps;
  const { source, usesHub, options } = subject;
  const command = (name: string, models: Subject['options'], last: readonly string[]) => {
    const time = budget === undefined ? [] : ['--budget', `${budget}s`];
    const words = Object.entries(models).flatMap(([option, value]) => [`--${option}`, shellPath(value)]);
    return `      ${[program, name, ...words, ...time, ...last.map(quoteShellWord)].join(' ')}`;
  };
  const notes = [
    ...(isPlaceholder ? ['In the workflow, replace OWNER by the account that hosts the action.'] : []),
    ...(usesHub ? ['For a private or gated model, add the secret HF_TOKEN (Settings, Secrets).'] : []),
    ...(source.kind === 'server' ? ['If the server wants a key, add the secret OPENAI_API_KEY.'] : []),
  ];
  const model = source.kind === 'local' ? printable(source.checkpoint) : CANDIDATE_FILE;
  return [
    'Next:',
    `  1. Commit these files${source.kind === 'local' ? `, and ${model} if it is not committed yet` : ''}:`,
    ...(hasRepository ? [] : ['      git init']),
    ...(commit.length > 0 ? [`      git add ${commit.map(shellPath).join(' ')}`] : []),
    "      git commit -m 'Add Shadow Gate'",
    ...notes.map((note) => `     ${note}`),
    `  2. Open a pull request that changes ${model}; the gate comments on it.`,
    ...(baseline === null
      ? [
          '  3. Measure the first baseline, and commit it too:',
          command('measure', { ...options, ...(approved === undefined ? {} : { checkpoint: approved }) }, [
            '--out',
            BASELINE_FILE,
          ]),
        ]
      : ['  3. Try it now:', command('check', options, ['--baseline', baseline, '--out', 'report'])]),
    `Later: your own questions, limits for the spectra from your own runs, and a required check: ${DOCS_URL}/README.md`,
  ];
}
