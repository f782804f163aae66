import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { build, type PreviewServer, preview } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../scripts/lib/root.js';
import { chromiumPath } from './support/chromium.js';

/**
 * The guide's lines for a page of one's own, bundled by Vite with nothing set, and served with the files of the
 * backend.
 */
describe.skipIf(!chromiumPath)("a page of one's own", () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'own-page-'));
  let server: PreviewServer;
  let browser: Browser;

  beforeAll(async () => {
    const modules = path.join(folder, 'node_modules');
    mkdirSync(modules);
    symlinkSync(root, path.join(modules, 'diffusion-ssl'));
    symlinkSync(path.join(root, 'node_modules/@tensorflow'), path.join(modules, '@tensorflow'));
    const guide = readFileSync(path.join(root, 'docs/browser.md'), 'utf8');
    const [, snippet] = /```ts no-run\n(\/\/ main\.ts\n.*?)```/s.exec(guide)!;
    const asked = snippet.replace(
      /'\/wasm\/'/,
      "query.get('paths') ?? '/wasm/', threads: Number(query.get('threads') ?? 1)",
    );
    expect(asked).not.toBe(snippet);
    writeFileSync(
      path.join(folder, 'main.ts'),
      `const query = new URLSearchParams(location.search);
      addEventListener('error', ({ error }) => {
        if (/^initBackend/.test(error?.message)) document.title = error.message;
      });
      ${asked}
      document.title = [backend.name, backend.threads, ...noise.shape].join(' ');`,
    );
    writeFileSync(
      path.join(folder, 'index.html'),
      '<!doctype html><title></title><script type="module" src="./main.ts"></script>',
    );
    await build({ root: folder, logLevel: 'error', build: { target: 'es2022' } });
    cpSync(
      path.join(root, 'node_modules/@tensorflow/tfjs-backend-wasm/dist'),
      path.join(folder, 'dist/wasm'),
      {
        recursive: true,
        filter: (file) => !path.extname(file) || file.endsWith('.wasm'),
      },
    );
    const headers = {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    };
    server = await preview({
      root: folder,
      appType: 'mpa',
      logLevel: 'error',
      preview: { port: 0, headers },
    });
    browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What the page comes to, and the warnings on its console. */
  async function visit(query: string): Promise<{ title: string; warnings: string }> {
    const page = await browser.newPage();
    const warnings: string[] = [];
    page.on('console', (message) => warnings.push(message.text()));
    await page.addInitScript("Object.defineProperty(navigator, 'hardwareConcurrency', { value: 4 })");
    await page.goto(server.resolvedUrls!.local[0] + query);
    await page.waitForFunction(() => document.title !== '', null, { timeout: 60_000 });
    const title = await page.title();
    await page.close();
    return { title, warnings: warnings.join('\n') };
  }

  it('computes on wasm with the lines of the guide', async () => {
    expect((await visit('')).title).toBe('wasm 1 1 64 64 4');
  });

  it('says which file the server has not, with its address and the status', async () => {
    expect((await visit('?paths=/elsewhere/')).title).toMatch(
      /^initBackend: the wasm backend's file http:\/\/localhost:\d+\/elsewhere\/tfjs-backend-wasm-simd\.wasm does not load: the server answers 404 Not Found\. Copy .* wasmPaths\.$/,
    );
  });

  it('starts on one thread, with a word, where the bundler has broken those of tfjs', async () => {
    const { title, warnings } = await visit('?threads=2');
    expect(title).toBe('wasm 1 1 64 64 4');
    expect(warnings).toMatch(/starts on one thread only \(.*minified.*docs\/browser\.md\)/);
  });
});
