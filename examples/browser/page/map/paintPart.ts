import { element } from '../element.js';
import { showNotice } from '../notices.js';
import type { Page } from '../Page.js';
import type { MapState } from './MapState.js';

/** Paints the map after each change of the points: one at a time, always that of the latest. */
export function paintPart({ worker }: Page, state: MapState): void {
  const status = element('painted', HTMLElement);
  let painting = false;
  let wanted = false;
  let since = 0;
  let last = '';

  const isReady = () => state.features && new Set(state.labels.points.map(({ label }) => label)).size >= 2;

  const paint = async () => {
    const { labels } = state;
    const start = since;
    const painted = await worker.call('paint', labels);
    if (!isReady()) return;
    state.setPainted(painted);
    // When it is on the screen.
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(2);
    const { length } = labels.points;
    status.textContent =
      `Map of ${length} points, painted in ${seconds(performance.now() - start)} s: ` +
      `the head ${seconds(painted.fitMs)} s, the map ${seconds(painted.mapMs)} s.`;
    status.dataset.points = String(length);
  };
  const repaint = async () => {
    const points = JSON.stringify(state.labels.points);
    if (!isReady()) {
      last = '';
      if (state.painted) state.setPainted(undefined);
      status.textContent = state.features
        ? 'The map is painted once two classes have points.'
        : 'The map is painted once the features are taken and two classes have points.';
      return;
    }
    if (points === last) return;
    last = points;
    wanted = true;
    since = performance.now();
    if (painting) return;
    painting = true;
    try {
      while (wanted) {
        wanted = false;
        await paint();
      }
    } catch (error) {
      last = '';
      showNotice((error as Error).message);
    } finally {
      painting = false;
    }
  };
  state.watch(['labels', 'features'], repaint);
}
