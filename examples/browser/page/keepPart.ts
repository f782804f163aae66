import type { RunInfo, StoredCheckpoint } from '../shared/types.js';
import { button, element, input } from './element.js';
import { mayReplaceRun } from './mayReplaceRun.js';
import { attempt, showNotice } from './notices.js';
import type { Page } from './Page.js';
import { saveFile } from './saveFile.js';
import { runSettings } from './settings.js';

/** Keeps runs: in the browser, and as files. */
export function keepPart({ state, worker }: Page): {
  /** Opens the files of a model folder. */
  openModel(files: File[]): Promise<void>;
  /** Opens a checkpoint, or weights. */
  openCheckpoint(files: File[]): Promise<void>;
} {
  let checkpoints: StoredCheckpoint[] = [];
  /** The checkpoint that the run at hand was saved as or resumed from. */
  let ownName: string | undefined;

  const settings = () => runSettings(state.value.dataset ?? { bands: 4, size: 64 });
  const take = async (from: string, open: () => Promise<RunInfo>, name?: string) => {
    if (!mayReplaceRun(state)) return;
    const run = await open();
    state.set({ run, unsaved: false });
    ownName = name;
    showNotice(`${from} is open, at step ${run.step}.${run.remark ? ` ${run.remark}` : ''}`, 'info');
  };
  const openStore = async () => {
    const problem = await worker.call('openStore');
    element('store', HTMLElement).textContent =
      problem ?? 'Checkpoints stay in this browser until you remove them.';
    button('retry').hidden = problem === undefined;
    await refresh();
  };
  const refresh = async () => {
    checkpoints = await worker.call('list');
    element('checkpoints', HTMLElement).replaceChildren(...checkpoints.map(entry));
  };
  const entry = ({ name, bytes, savedAt }: StoredCheckpoint) => {
    const item = document.createElement('li');
    const words = document.createElement('span');
    words.textContent = `${name}, ${(bytes / 2 ** 20).toFixed(1)} MiB, ${new Date(savedAt).toLocaleString()}`;
    const act = (label: string, body: () => Promise<unknown>) => {
      const node = document.createElement('button');
      node.type = 'button';
      node.textContent = label;
      node.setAttribute('aria-label', `${label} ${name}`);
      node.onclick = () => attempt(body);
      return node;
    };
    item.append(
      words,
      act('Resume', () => take(`“${name}”`, () => worker.call('resume', name, settings()), name)),
      act('Remove', async () => {
        if (!confirm(`Remove “${name}” for good?`)) return;
        await worker.call('remove', name);
        // The run at hand was kept there.
        if (name === ownName) state.set({ unsaved: true });
        await refresh();
      }),
    );
    return item;
  };

  button('save').onclick = () =>
    attempt(async () => {
      const name = input('name').value.trim();
      if (name === '') throw new Error('Give the checkpoint a name first.');
      const taken = name !== ownName && checkpoints.some((other) => other.name === name);
      if (taken && !confirm(`“${name}” is another run. Put the one at hand in its place?`)) return;
      await worker.call('save', name);
      ownName = name;
      state.set({ unsaved: false });
      await openStore();
    });
  button('download').onclick = () =>
    attempt(async () => {
      saveFile(await worker.call('exportRun'), `${fileName(input('name').value)}.safetensors`);
      state.set({ unsaved: false });
    });
  button('download-model').onclick = () =>
    attempt(async () => {
      const files = await worker.call('exportModel');
      const { downloadZip } = await import('client-zip');
      const zip = await downloadZip(files.map(({ name, file }) => ({ name, input: file }))).blob();
      saveFile(zip, `${fileName(input('name').value)}-model.zip`);
    });
  const openModel = (files: File[]) => take('The model', () => worker.call('importModel', files, settings()));
  const openCheckpoint = ([file]: File[]) =>
    take(file.name, () => worker.call('importRun', file, settings()));
  button('retry').onclick = () => attempt(openStore);
  state.watch(['run'], ({ run }) => {
    ownName = undefined;
    button('save').disabled = !run;
    button('download').disabled = !run;
    button('download-model').disabled = !run;
  });
  attempt(openStore);
  return { openModel, openCheckpoint };
}

const fileName = (name: string) => name.trim().replaceAll(/[^\p{L}\p{N}._-]+/gu, '-') || 'run';
