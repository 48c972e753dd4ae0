import { scoreFile } from '@shadow-gate/language-model';
import { ROLLING_RULES, type RollingRule } from '@shadow-gate/language-model/tokens';
import { type Command, Option } from 'commander';
import { answerRequests, type RequestOptions, requestOptions } from './answer-requests.ts';
import { SCORE_EXAMPLES } from './help.ts';
import type { Output } from './output.ts';

export function addScoreCommand(program: Command, output: Output): void {
  requestOptions(
    program.command('score').description('compute log-likelihoods of continuations, as lm-evaluation-harness does'),
  )
    .addOption(
      new Option(
        '--rolling <rule>',
        'what is scored of a rolling text: its tokens after one BOS, or, as lm-evaluation-harness does, also the BOS that the tokenizer adds, after another one',
      )
        .choices(ROLLING_RULES)
        .default('one-bos'),
    )
    .addHelpText('after', SCORE_EXAMPLES)
    .action(({ rolling, ...options }: RequestOptions & { readonly rolling: RollingRule }) =>
      answerRequests(
        options,
        { done: 'scored', answer: (source, file, more) => scoreFile(source, file, { rolling, ...more }) },
        output,
      ),
    );
}
