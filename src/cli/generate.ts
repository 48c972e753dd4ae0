import { generateFile } from '@shadow-gate/language-model';
import { localTime } from '@shadow-gate/language-model/tokens';
import type { Command } from 'commander';
import { answerRequests, type RequestOptions, requestOptions } from './answer-requests.ts';
import { GENERATE_EXAMPLES } from './help.ts';
import type { Output } from './output.ts';

export function addGenerateCommand(program: Command, output: Output): void {
  requestOptions(program.command('generate').description('continue prompts by greedy decoding'))
    .addHelpText('after', GENERATE_EXAMPLES)
    .action((options: RequestOptions) =>
      answerRequests(
        options,
        {
          done: 'continued',
          answer: (source, file, options) => generateFile(source, file, { now: localTime(new Date()), ...options }),
        },
        output,
      ),
    );
}
