export { remoteAddress } from './remote-address.ts';
export type { RemoteUsage, ServedIdentity } from './remote-engine.ts';
export { MAX_TIMEOUT_SECONDS, RemoteServer } from './remote-server.ts';
export { identifyServer } from './server-identity.ts';
