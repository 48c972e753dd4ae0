#!/usr/bin/env node
import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import r from"node:process";var i=2,n=["init","doctor","check","measure","spectra","probes","score","generate","compare","report","verify","merge","calibrate"];async function a(){r.stdout.on("error",e=>{if(e.code!=="EPIPE")throw Object.assign(e,{message:`cannot write to standard output: ${e.message}`})});let{runCommandLine:t}=await import("./shared-NERFDMXK.js");r.exitCode=await t(r.argv.slice(2),r)}r.stderr.on("error",()=>{});try{let{supervise:t}=await import("./shared-LIQNNMSU.js"),{reportError:e}=await import("./shared-U7V5NFHX.js"),s=r.argv.includes("--debug");await t({work:a,isApart:r.argv.slice(2).some(o=>n.includes(o)),report:o=>e(o,r.stderr,{debug:s}),exitCode:i})}catch(t){let[e]=String(t).split(`
`);r.stderr.write(`shadow-gate: internal error: ${e}
`),r.exit(i)}
