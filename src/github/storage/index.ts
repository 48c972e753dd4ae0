export { type ActionsCache, openActionsCache } from './actions-cache.ts';
export {
  type Artifacts,
  ATTESTATION_FILE,
  artifactsOnBranch,
  hasArtifactService,
  MEASUREMENT_FILE,
  openArtifacts,
  REPORT_FILE,
  REPORT_PAGE_FILE,
} from './artifacts.ts';
export { cacheScope } from './cache-scope.ts';
export { openSpectrumBundle, type SpectrumBundle } from './spectrum-bundle.ts';
