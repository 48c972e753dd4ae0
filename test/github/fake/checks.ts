import { z } from 'zod';
import type { FakeGithub } from '../fake-github.ts';
import { type Route, refusal } from './http.ts';

const checkRunSchema = z.looseObject({
  name: z.string(),
  head_sha: z.string(),
  conclusion: z.string(),
  output: z.looseObject({
    title: z.string(),
    summary: z.string(),
    annotations: z.array(z.looseObject({ path: z.string(), annotation_level: z.string(), message: z.string() })),
  }),
});
export type StoredCheckRun = z.infer<typeof checkRunSchema>;

/** Check runs. What GitHub's description allows is checked before. */
export function checkRoutes(github: FakeGithub): readonly Route[] {
  return [
    [
      /^POST \/repos\/o\/r\/check-runs$/,
      ({ json }) => {
        if (!github.canWriteChecks) return refusal(403, 'Resource not accessible by integration');
        github.checkRuns.push(checkRunSchema.parse(json));
        return { status: 201, body: { html_url: `https://github.com/o/r/runs/${github.checkRuns.length}` } };
      },
    ],
  ];
}
