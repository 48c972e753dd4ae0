import type { Command } from 'commander';
import { scoreFile } from '../language-model/model.ts';
import { answerRequests, type RequestOptions, requestOptions } from './answer-requests.ts';
import { SCORE_EXAMPLES } from './help.ts';
import type { Output } from './output.ts';

export function addScoreCommand(program: Command, output: Output): void {
  requestOptions(
    program.command('score').description('compute log-likelihoods of continuations, as lm-evaluation-harness does'),
  )
    .addHelpText('after', SCORE_EXAMPLES)
    .action((options: RequestOptions) => answerRequests(options, { done: 'scored', answer: scoreFile }, output));
}
