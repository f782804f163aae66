// Lets Node itself run the examples' TypeScript, on the built package: node --import ./examples/tsx.mjs FILE.
// The tsx command would run them in a child process, which it kills on Ctrl-C when it is busy computing.
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/esm/api';

register({ tsconfig: fileURLToPath(new URL('tsconfig.json', import.meta.url)) });
