import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{b as e,e as a}from"./shared-YPQNPJXV.js";import"./shared-BD3CD22Y.js";import"./shared-4BX6RYUN.js";import{parentPort as o}from"node:worker_threads";o?.on("message",r=>o?.postMessage(m(r)));function m(r){try{return{values:"matrix"in r?e(r.matrix,r.size):a(r)}}catch(t){return{error:t}}}
