// Stands in for actions/upload-artifact, which no package registry has: the same toolkit, for one file.
import { dirname, resolve } from 'node:path';
import { DefaultArtifactClient } from '@actions/artifact';
import { getInput } from '@actions/core';

const file = resolve(getInput('path', { required: true }));
await new DefaultArtifactClient().uploadArtifact(getInput('name', { required: true }), [file], dirname(file));
