/**
 * Lets Node 24, which strips types itself, find `./name.ts` where TypeScript writes `./name.js`:
 * `node --import ./scripts/gpu/resolveTypeScript.mjs bench/train.ts` needs no package to run TypeScript.
 */
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, nextResolve) {
    try {
      return nextResolve(specifier, context);
    } catch (error) {
      if (!specifier.startsWith('.') || !specifier.endsWith('.js')) throw error;
      return nextResolve(`${specifier.slice(0, -'.js'.length)}.ts`, context);
    }
  },
});
