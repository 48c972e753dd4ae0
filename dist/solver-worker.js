import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{b as m,e as a,g as e}from"./shared-KH46SXSP.js";import"./shared-BD3CD22Y.js";import"./shared-4BX6RYUN.js";a(r=>"matrix"in r?m(r.matrix,r.size):e(r));
