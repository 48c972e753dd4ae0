import { z } from 'zod';
import type { FakeGithub } from '../fake-github.ts';
import { type Route, refusal } from './http.ts';

const schema = z.object({ bundle: z.record(z.string(), z.unknown()) });

/** Attestations. What GitHub's description allows is checked before. */
export function attestationRoutes(github: FakeGithub): readonly Route[] {
  return [
    [
      /^POST \/repos\/o\/r\/attestations$/,
      ({ json }) => {
        if (!github.canWriteAttestations) return refusal(403, 'Resource not accessible by integration');
        github.attestations.push(schema.parse(json).bundle);
        return { status: 201, body: { id: github.attestations.length } };
      },
    ],
  ];
}
