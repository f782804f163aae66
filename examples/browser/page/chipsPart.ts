import type { DatasetInfo } from '../shared/types.js';
import { bandOptions, bandsOf } from './bandOptions.js';
import { describeBands } from './describeBands.js';
import { drawPixels } from './drawPixels.js';
import { button, element, input, select } from './element.js';
import { attempt, showNotice } from './notices.js';
import type { Page } from './Page.js';

const SAMPLES = new URL('./samples/chips.bin', document.baseURI).href;
const SHOWN = 64;

/** Chooses chips: those that come with the page, or the visitor's own. */
export function chipsPart({ state, worker }: Page): {
  useSamples(): Promise<void>;
  useFiles(files: File[]): Promise<void>;
} {
  const take = async (dataset: DatasetInfo) => {
    for (const problem of dataset.problems) showNotice(problem);
    showBands(dataset, []);
    state.set({ dataset, chip: 0, bands: bandsOf(select('bands').value) });
    await fillGallery();
  };
  const useSamples = async () => {
    try {
      await take(await worker.call('loadSamples', SAMPLES));
    } finally {
      describe(state.value.dataset);
    }
  };
  const useFiles = async (files: File[]) => take(await worker.call('loadFiles', files));

  const fillGallery = async () => {
    const { dataset, bands } = state.value;
    if (!dataset) return;
    const shown = Math.min(dataset.count, SHOWN);
    const chips = await Promise.all(Array.from({ length: shown }, (_, i) => worker.call('chip', i)));
    if (state.value.dataset !== dataset || state.value.bands !== bands) return;
    element('gallery', HTMLElement).replaceChildren(
      ...chips.map((chip, i) => {
        const label = document.createElement('label');
        const choice = document.createElement('input');
        Object.assign(choice, { type: 'radio', name: 'chip', checked: i === state.value.chip });
        choice.setAttribute('aria-label', `Chip ${i + 1}`);
        choice.onchange = () => state.set({ chip: i });
        const picture = document.createElement('canvas');
        drawPixels(picture, chip, bands, dataset.ranges);
        label.append(choice, picture);
        return label;
      }),
    );
  };

  button('samples').onclick = () => attempt(useSamples);
  input('files').onchange = () => {
    const files = Array.from(input('files').files ?? []);
    attempt(() => useFiles(files));
    input('files').value = '';
  };
  select('bands').onchange = () => {
    state.set({ bands: bandsOf(select('bands').value) });
    attempt(fillGallery);
  };
  state.watch(['dataset'], ({ dataset }) => {
    if (dataset) describe(dataset);
  });
  state.watch(['dataset', 'bands'], ({ dataset, bands }) => {
    element('stretch', HTMLElement).textContent = dataset ? describeBands(dataset, bands) : '';
  });
  // A run may say which bands it is looked at in.
  state.watch(['run'], ({ run, dataset }) => {
    const { shownBands = [], network } = run?.settings ?? {};
    if (!dataset || shownBands.length === 0 || network?.inChannels !== dataset.bands) return;
    showBands(dataset, shownBands);
    state.set({ bands: shownBands });
    attempt(fillGallery);
  });
  return { useSamples, useFiles };
}

function describe(dataset: DatasetInfo | undefined): void {
  const { name, count, size, bands } = dataset ?? {};
  element('dataset', HTMLElement).textContent = dataset
    ? `${name}: ${count} chip${count === 1 ? '' : 's'} of ${size} × ${size} pixels, ` +
      `${bands} band${bands === 1 ? '' : 's'}.`
    : 'No chips yet. Files can also be dropped anywhere on the page.';
}

/** Offers the bands of a data set, and chooses those wanted, which it has. */
function showBands(dataset: DatasetInfo, wanted: readonly number[]): void {
  select('bands').replaceChildren(...bandOptions(dataset, wanted));
  if (wanted.length > 0) select('bands').value = String(wanted);
}
