import type { DatasetInfo } from '../shared/types.js';
import { CLEAN, drawPixels } from './drawPixels.js';
import { button, element, input, select } from './element.js';
import { attempt, showNotice } from './notices.js';
import type { Page } from './Page.js';

const SAMPLES = new URL('./samples/chips.bin', document.baseURI).href;
const SHOWN = 64;

/** Chooses chips: those that come with the page, or the visitor's own. */
export function chipsPart({ state, worker }: Page): { useSamples(): Promise<void> } {
  const take = async (dataset: DatasetInfo) => {
    for (const problem of dataset.problems) showNotice(problem);
    showBands(dataset);
    state.set({ dataset, chip: 0, bands: bandsOf(select('bands').value) });
    await fillGallery();
  };
  const useSamples = async () => take(await worker.call('loadSamples', SAMPLES));
  const useFiles = (files: File[]) => attempt(async () => take(await worker.call('loadFiles', files)));

  const fillGallery = async () => {
    const { dataset, bands } = state.value;
    const shown = Math.min(dataset?.count ?? 0, SHOWN);
    const chips = await Promise.all(Array.from({ length: shown }, (_, i) => worker.call('chip', i)));
    element('gallery', HTMLElement).replaceChildren(
      ...chips.map((chip, i) => {
        const label = document.createElement('label');
        const choice = document.createElement('input');
        Object.assign(choice, { type: 'radio', name: 'chip', checked: i === state.value.chip });
        choice.setAttribute('aria-label', `Chip ${i + 1}`);
        choice.onchange = () => state.set({ chip: i });
        const picture = document.createElement('canvas');
        drawPixels(picture, chip, bands, CLEAN);
        label.append(choice, picture);
        return label;
      }),
    );
  };

  button('samples').onclick = () => attempt(useSamples);
  input('files').onchange = () => {
    useFiles(Array.from(input('files').files ?? []));
    input('files').value = '';
  };
  acceptDrops(useFiles);
  select('bands').onchange = () => {
    state.set({ bands: bandsOf(select('bands').value) });
    attempt(fillGallery);
  };
  state.watch(['dataset'], ({ dataset }) => {
    if (!dataset) return;
    const { name, count, size, bands } = dataset;
    element('dataset', HTMLElement).textContent =
      `${name}: ${count} chip${count === 1 ? '' : 's'} of ${size} × ${size} pixels, ${bands} band${bands === 1 ? '' : 's'}.`;
  });
  return { useSamples };
}

function acceptDrops(useFiles: (files: File[]) => Promise<void>): void {
  const mark = (on: boolean) => document.body.classList.toggle('dropping', on);
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    mark(true);
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) mark(false);
  });
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    mark(false);
    const files = Array.from(event.dataTransfer?.files ?? []);
    if (files.length > 0) useFiles(files);
  });
}

function showBands({ bands, bandNames }: DatasetInfo): void {
  const choices = bandNames.map((name, i) => new Option(`${name} (grey)`, String(i)));
  if (bands >= 3) choices.unshift(new Option(bandNames.slice(0, 3).join(', '), '0,1,2'));
  if (bands >= 4)
    choices.splice(
      1,
      0,
      new Option(`${bandNames[3]}, ${bandNames[0]}, ${bandNames[1]} (false colour)`, '3,0,1'),
    );
  select('bands').replaceChildren(...choices);
}

const bandsOf = (value: string) => value.split(',').map(Number);
