#!/usr/bin/env node
import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import r from"node:process";var s=2,a=["init","doctor","check","measure","spectra","probes","score","generate","compare","report","merge","calibrate"];async function n(){r.stdout.on("error",e=>{if(e.code!=="EPIPE")throw Object.assign(e,{message:`cannot write to standard output: ${e.message}`})});let{run:t}=await import("./shared-5ZPKDRW5.js");r.exitCode=await t(r.argv.slice(2),r)}r.stderr.on("error",()=>{});try{let{supervise:t}=await import("./shared-NV3DVWM4.js"),{reportError:e}=await import("./shared-GQHDRQTI.js"),i=r.argv.includes("--debug");await t({work:n,isApart:r.argv.slice(2).some(o=>a.includes(o)),report:o=>e(o,r.stderr,{debug:i}),exitCode:s})}catch(t){let[e]=String(t).split(`
`);r.stderr.write(`shadow-gate: internal error: ${e}
`),r.exit(s)}
