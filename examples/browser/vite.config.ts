import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { sampleChips } from './build/sampleChips.js';
import { sampleScene } from './build/sampleScene.js';
import { threadedWasm } from './build/threadedWasm.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * With these two headers the page is cross-origin isolated, and wasm may use threads. A static host need not send them.
 */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  // A file that is not there is an error, as on any host.
  appType: 'mpa',
  plugins: [sampleChips(root), sampleScene(root)],
  worker: { format: 'es', plugins: () => [threadedWasm()] },
  build: { target: 'es2022', modulePreload: { polyfill: false }, assetsInlineLimit: 0, emptyOutDir: true },
  preview: { headers: isolation, port: 4173 },
});
