import type { Reporter, TestModule } from 'vitest/node';

/** Lists every skipped test at the end of a run: its title says what it needs (test/needs.ts). */
export default class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((file) =>
      [...file.children.allTests('skipped')].map((test) => `  ${file.relativeModuleId}: ${test.fullName}`),
    );
    if (skipped.length > 0) process.stdout.write(`\nSkipped here:\n${skipped.join('\n')}\n`);
  }
}
