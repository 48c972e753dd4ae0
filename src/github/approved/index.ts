export { ApprovedFiles, type Standing } from './approved-files.ts';
export { type ApprovedBaseline, baselineAtBase, baselineOnDisk } from './baseline-at-base.ts';
export { baselineFromArtifact } from './baseline-from-artifact.ts';
export { baselineFromCache, setBaseline } from './baseline-from-cache.ts';
export { type ApprovedCalibration, calibrationAtBase } from './calibration-at-base.ts';
export { GitObjects, unreadable } from './git-objects.ts';
export { policyAtBase } from './policy-at-base.ts';
export { type ApprovedProbeFiles, probeFilesAtBase } from './probe-files-at-base.ts';
export { locate, repositoryPath, type Workspace } from './repository-path.ts';
