import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{c as e,f as a}from"./shared-BQOPLVUR.js";import"./shared-N3ZA3KNR.js";import{parentPort as o}from"node:worker_threads";o?.on("message",r=>o?.postMessage(m(r)));function m(r){try{return{values:"matrix"in r?e(r.matrix,r.size):a(r)}}catch(t){return{error:t}}}
