import type { SceneChoice, SceneInfo } from '../../shared/mapTypes.js';
import { bandOptions, bandsOf } from '../bandOptions.js';
import { button, element, input, select } from '../element.js';
import { attempt, showNotice } from '../notices.js';
import type { Page } from '../Page.js';
import type { MapState } from './MapState.js';
import { drawScene } from './sheetView.js';

const SAMPLE = new URL('./samples/scene.tif', document.baseURI).href;

/** Chooses the scene. */
export function scenePart({ worker, state: first }: Page, state: MapState): (files: File[]) => Promise<void> {
  const status = element('scene-status', HTMLElement);
  const idle = status.textContent;

  const open = async (choice: SceneChoice) => {
    const { points } = state.labels;
    if (
      state.unsaved &&
      !confirm(`The ${points.length} points on this scene are not saved. Take another scene?`)
    )
      return;
    try {
      const scene = await worker.call('openScene', choice);
      for (const problem of scene.problems) showNotice(problem);
      select('scene-bands').replaceChildren(...bandOptions(scene));
      state.setScene(scene);
      await showScene();
    } finally {
      status.textContent = state.scene ? describe(state.scene) : idle;
    }
  };
  const showScene = async () => {
    const { scene } = state;
    const picture = await worker.call('scenePicture', bandsOf(select('scene-bands').value));
    if (state.scene === scene) drawScene(picture);
  };

  worker.on('scene', (scene) => {
    status.textContent = `Reading: ${describe(scene)}`;
  });
  button('scene-sample').onclick = () => attempt(() => open({ kind: 'sample', url: SAMPLE }));
  button('scene-chips').onclick = () => attempt(() => open({ kind: 'chips' }));
  input('scene-files').onchange = () => {
    const files = Array.from(input('scene-files').files ?? []);
    input('scene-files').value = '';
    attempt(() => open({ kind: 'files', files }));
  };
  select('scene-bands').onchange = () => attempt(showScene);
  first.watch(['dataset'], ({ dataset }) => {
    button('scene-chips').disabled = !dataset;
  });
  return (files) => open({ kind: 'files', files });
}

function describe({ name, images, bands }: SceneInfo): string {
  const ofBands = `${bands} band${bands === 1 ? '' : 's'}`;
  const size = (width: number, height: number) =>
    `${width.toLocaleString('en')} × ${height.toLocaleString('en')} pixels`;
  const [first] = images;
  const coarser = images.filter((image) => image.coarser > 1);
  if (images.length > 1) {
    const note = coarser.length > 0 ? ` ${coarser.length} of them are read coarser.` : '';
    return `${name}, ${ofBands}, beside each other.${note}`;
  }
  const whole = `${name}: ${size(first.fileWidth, first.fileHeight)}, ${ofBands}.`;
  if (coarser.length === 0) return whole;
  return (
    `${whole} That is more than 1,024 × 1,024, so it is read ${first.coarser} × coarser, as ` +
    `${size(first.width, first.height)}, each the mean of ${first.coarser} × ${first.coarser}.`
  );
}
