import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{c as e,f as a}from"./shared-F3JEMSSD.js";import"./shared-N3ZA3KNR.js";import{parentPort as t}from"node:worker_threads";t?.on("message",r=>t?.postMessage(m(r)));function m(r){try{return{values:"matrix"in r?e(r.matrix,r.size):a(r)}}catch(o){return{error:o}}}
