#!/usr/bin/env node
import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{a as t}from"./shared-N7TNI4PY.js";import"./shared-N3ZA3KNR.js";import e from"node:process";var i=2,a=["init","doctor","check","measure","spectra","probes","score","generate"];async function s(){e.stdout.on("error",o=>{o.code!=="EPIPE"&&(e.stderr.write(`shadow-gate: error: cannot write to standard output: ${o.message}
`),e.exit(i))});let{run:r}=await import("./shared-XG467ERN.js");e.exitCode=await r(e.argv.slice(2),e)}e.stderr.on("error",()=>{});e.argv.slice(2).some(r=>a.includes(r))?await t({work:s,onDeath:r=>e.stderr.write(`shadow-gate: error: ${r}
`),exitCode:i}):await s();
