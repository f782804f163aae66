import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from './support/chromium.js';
import { chooseTiny, openPage, type PageHost, plottedLosses, startHost, train } from './support/openPage.js';

// Chromium's software adapter: slow, so little of it.
describe.skipIf(!chromiumPath)('WebGPU', () => {
  let host: PageHost;
  beforeAll(async () => {
    host = await startHost(['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader']);
  });
  afterAll(() => host?.close());

  it('is passed over where it is software, trains when chosen, and takes the run over from wasm and back', async () => {
    const { page, problems } = await openPage(host);
    expect(await page.textContent('#backend')).toMatch(
      /^wasm .*Not webgpu: the only WebGPU adapter is .*computes on the processor/,
    );
    await chooseTiny(page);
    await page.fill('#batch', '2');
    await train(page, 3);
    const names: (string | null)[] = [];
    for (const device of ['webgpu', 'wasm']) {
      await page.selectOption('#device', device);
      await page.waitForSelector('#train:enabled', { timeout: 120_000 });
      names.push(await page.textContent('#backend'));
      await train(page, 2);
    }
    expect(names).toEqual([expect.stringMatching(/^WebGPU \(/), expect.stringMatching(/^wasm/)]);
    const { steps, last } = await plottedLosses(page);
    expect(steps).toBe(7);
    // That of an untrained network is about 1, and one whose weights were lost on the way is far above.
    expect(last).toBeLessThan(2);
    expect(problems).toEqual([]);
  });
});
