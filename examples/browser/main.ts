import { chipsPart } from './page/chipsPart.js';
import { denoisePart } from './page/denoisePart.js';
import { describeDownload } from './page/describeDownload.js';
import { dropPart } from './page/dropPart.js';
import { element, input, select } from './page/element.js';
import { keepPart } from './page/keepPart.js';
import { attempt, showNotice } from './page/notices.js';
import { PageState } from './page/PageState.js';
import type { PlacedFile } from './page/PlacedFile.js';
import { roomsPart } from './page/roomsPart.js';
import { schedulePart } from './page/schedulePart.js';
import { trainPart } from './page/trainPart.js';
import { WorkerClient } from './page/WorkerClient.js';
import type { Device } from './shared/types.js';

const NAMES: Record<string, string> = { webgpu: 'WebGPU', wasm: 'wasm', cpu: 'plain JavaScript' };

const page = { state: new PageState(), worker: new WorkerClient() };
const { useSamples, useFiles } = chipsPart(page);
trainPart(page, useSamples);
denoisePart(page);
schedulePart(page);
const { openModel, openCheckpoint } = keepPart(page);
const { currentRoom, mapRoom } = roomsPart(page);
const use = (files: PlacedFile[]) =>
  attempt(async () => {
    const { takeFiles } = await import('./page/takeFiles.js');
    const points = async ([file]: File[]) => (await mapRoom()).openPoints(file);
    if (currentRoom() === 'train') {
      await takeFiles(files, { model: openModel, checkpoint: openCheckpoint, chips: useFiles, points });
    } else {
      const { useScene, openModel } = await mapRoom();
      await takeFiles(files, { model: openModel, checkpoint: openModel, chips: useScene, points });
    }
  });
dropPart(use);
input('open').onchange = () => {
  const files = Array.from(input('open').files ?? []);
  input('open').value = '';
  use(files.map((file) => ({ path: file.name, file: async () => file })));
};

const status = element('backend', HTMLElement);
page.worker.on('download', (download) => {
  const place = download.what === 'wasm' ? status : element('dataset', HTMLElement);
  place.textContent = describeDownload(download);
});
let loading = 'loading what computes, some 300 kB…';
const startBackend = () =>
  attempt(async () => {
    const device = select('device').value as Device;
    page.state.set({ ready: false });
    status.textContent = loading;
    try {
      const { name, detail, remarks } = await page.worker.call('startBackend', device);
      loading = 'starting…';
      status.textContent = `${NAMES[name] ?? name} (${detail})`;
      if (device !== 'auto') for (const remark of remarks) showNotice(remark, 'info');
      else if (remarks.length > 0) status.textContent += `. ${remarks.join(' ')}`;
      page.state.set({ ready: true });
    } catch (error) {
      status.textContent = 'none: nothing computes. Choose another one, or reload the page.';
      throw error;
    }
  });

select('device').onchange = startBackend;
performance.mark('interactive');
await startBackend();
await attempt(useSamples);
performance.mark('ready');
