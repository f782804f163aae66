import type { Labels, MapPart, SavedFiles } from '../../shared/mapTypes.js';
import { button, input, select } from '../element.js';
import { attempt, showNotice } from '../notices.js';
import type { Page } from '../Page.js';
import { saveFile } from '../saveFile.js';
import { nextColour } from './colours.js';
import type { MapState } from './MapState.js';

/** Saves points, map and head, and opens points. */
export function keepMapPart({ worker }: Page, state: MapState): (file: File) => Promise<void> {
  const save = async ({ files, remark }: SavedFiles, archive: string) => {
    if (files.length === 1) saveFile(files[0].file, files[0].name);
    else {
      const { downloadZip } = await import('client-zip');
      saveFile(await downloadZip(files.map(({ name, file }) => ({ name, input: file }))).blob(), archive);
    }
    if (remark) showNotice(remark, 'info');
  };
  const openPoints = async (file: File) => {
    if (!state.scene) throw new Error('Open a scene first: points lie on one.');
    const { remarks, ...read } = await worker.call('readPoints', file);
    for (const remark of remarks) showNotice(remark);
    if (read.points.length === 0) return;
    const before = state.labels;
    state.push(merged(before, read));
    // What is in the file need not be saved again.
    if (before.points.length === 0) state.markSaved();
  };

  button('save-points').onclick = () =>
    attempt(async () => {
      await save(await worker.call('savePoints', state.labels), 'points.zip');
      state.markSaved();
    });
  button('save-map').onclick = () =>
    attempt(async () => {
      const part = select('map-part').value as MapPart;
      await save(await worker.call('saveMap', state.labels, part), `map-${part}.zip`);
    });
  button('save-head').onclick = () =>
    attempt(async () => save(await worker.call('saveHead', state.labels), 'head.zip'));
  input('open-points').onchange = () => {
    const [file] = Array.from(input('open-points').files ?? []);
    input('open-points').value = '';
    if (file) attempt(() => openPoints(file));
  };
  window.addEventListener('beforeunload', (event) => {
    if (state.unsaved) event.preventDefault();
  });
  state.watch(['labels', 'painted'], () => {
    button('save-points').disabled = state.labels.points.length === 0;
    button('save-map').disabled = button('save-head').disabled = !state.painted;
  });
  return openPoints;
}

/** Points of a file beside those at hand: classes by their names, and of two points at one place the file's. */
function merged(own: Labels, read: Labels): Labels {
  // Classes that nobody has used make room.
  const used = own.classes.filter((_, i) => own.points.some(({ label }) => label === i));
  const kept = own.points.length === 0 ? [] : used.length < 2 ? own.classes : used;
  const classes = [...kept];
  const numbers = read.classes.map(({ name, colour }) => {
    const known = classes.findIndex((one) => one.name === name);
    if (known >= 0) return known;
    const taken = classes.map((one) => one.colour);
    classes.push({
      name,
      colour: colour || nextColour([...taken, ...read.classes.map((one) => one.colour)]),
    });
    return classes.length - 1;
  });
  for (const one of own.classes) {
    if (classes.length >= 2) break;
    if (!classes.some(({ name }) => name === one.name)) classes.push(one);
  }
  const place = ({ x, y }: { x: number; y: number }) => `${x} ${y}`;
  const places = new Set(read.points.map(place));
  const rest = own.points
    .filter((point) => !places.has(place(point)))
    .map((point) => ({ ...point, label: classes.indexOf(own.classes[point.label]) }));
  return {
    classes,
    points: [...rest, ...read.points.map((point) => ({ ...point, label: numbers[point.label] }))],
  };
}
