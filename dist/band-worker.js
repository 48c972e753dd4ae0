import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{b as e}from"./shared-A5MQKL5D.js";import"./shared-N3ZA3KNR.js";import{parentPort as o}from"node:worker_threads";o?.on("message",r=>o?.postMessage(n(r)));function n(r){try{return{values:e(r)}}catch(a){return{error:a}}}
