import { z } from 'zod';
import type { FakeGithub } from '../fake-github.ts';
import { NOT_FOUND, pageOf, type Route, refusal } from './http.ts';

const outputSchema = z.looseObject({
  title: z.string(),
  summary: z.string(),
  annotations: z.array(z.looseObject({ path: z.string(), annotation_level: z.string(), message: z.string() })),
});
const checkRunSchema = z.looseObject({
  name: z.string(),
  head_sha: z.string(),
  status: z.string(),
  conclusion: z.string().nullable().default(null),
  external_id: z.string().nullable().default(null),
  output: outputSchema.default({ title: '', summary: '', annotations: [] }),
});
const updateSchema = z.looseObject({
  ...{ status: z.string(), conclusion: z.string(), output: outputSchema },
  external_id: z.string().optional(),
});
export type StoredCheckRun = z.infer<typeof checkRunSchema>;

/** The app of GitHub Actions, which writes what a workflow's token writes. */
const ACTIONS_APP = { id: 15_368 };

/** Check runs. What GitHub's description allows is checked before. */
export function checkRoutes(github: FakeGithub): readonly Route[] {
  return [
    [
      /^POST \/repos\/o\/r\/check-runs$/,
      ({ json }) => {
        if (!github.canWriteChecks) return refusal(403, 'Resource not accessible by integration');
        const created = checkRunSchema.parse(json);
        const completed_at = created.status === 'completed' ? new Date().toISOString() : null;
        github.checkRuns.push({ ...created, app: ACTIONS_APP, id: github.checkRuns.length + 1, completed_at });
        return { status: 201, body: described(github.checkRuns.length) };
      },
    ],
    [
      /^PATCH \/repos\/o\/r\/check-runs\/(\d+)$/,
      ({ json }, id = '') => {
        const found = github.checkRuns[Number(id) - 1];
        if (!found) return NOT_FOUND;
        Object.assign(found, updateSchema.parse(json), { completed_at: new Date().toISOString() });
        return { status: 200, body: described(Number(id)) };
      },
    ],
    [
      /^GET \/repos\/o\/r\/commits\/([0-9a-f]+)\/check-runs$/,
      ({ url }, sha = '') => {
        if (!github.canWriteChecks) return refusal(403, 'Resource not accessible by integration');
        const [name, status] = ['check_name', 'status'].map((key) => url.searchParams.get(key));
        const { page, headers } = pageOf(
          url,
          github.checkRuns.filter(
            (run) => run.head_sha === sha && run.name === name && (status === null || run.status === status),
          ),
        );
        return { status: 200, body: { total_count: page.length, check_runs: page }, headers };
      },
    ],
  ];
}

function described(id: number) {
  return { id, html_url: `https://github.com/o/r/runs/${id}` };
}
