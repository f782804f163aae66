import { button, element, input, select } from '../element.js';
import type { MapState } from './MapState.js';
import { type Cursor, sheetKeys } from './sheetKeys.js';
import { drawMap, drawPoints } from './sheetView.js';

/** Pixels of the screen that a pointer moves before it drags. */
const DRAG_FROM = 4;

/** The scene with its points and its map, by pointer and by keys. */
export function sheetPart(state: MapState): void {
  const sheet = element('sheet', HTMLElement);
  const cursor: Cursor = { x: 0, y: 0 };
  // An application takes keys.
  sheet.tabIndex = 0;

  const redraw = () => drawPoints(state, cursor);
  const placeOf = ({ clientX, clientY }: MouseEvent): Cursor => {
    const { left, top, width, height } = sheet.getBoundingClientRect();
    const { scene } = state;
    const within = (share: number, pixels: number) =>
      Math.min(Math.max(Math.floor(share * pixels), 0), pixels - 1);
    return {
      x: within((clientX - left) / width, scene?.width ?? 1),
      y: within((clientY - top) / height, scene?.height ?? 1),
    };
  };
  const pointOf = ({ target }: Event): number | undefined => {
    const index =
      target instanceof Element ? target.closest('.point')?.getAttribute('data-index') : undefined;
    return index == null ? undefined : Number(index);
  };
  const showCursor = (place: Cursor) => {
    Object.assign(cursor, place);
    redraw();
    tellCursor(state, cursor);
  };

  let dragged: { index: number; from: MouseEvent; moved: boolean } | undefined;
  /** Whether a point was just let go of: the click that may follow places none. */
  let letGo = false;
  sheet.addEventListener('pointerdown', (event) => {
    const index = pointOf(event);
    if (index === undefined || event.button !== 0) return;
    dragged = { index, from: event, moved: false };
    sheet.setPointerCapture(event.pointerId);
  });
  sheet.addEventListener('pointermove', (event) => {
    if (!dragged) return;
    const { from, index } = dragged;
    dragged.moved ||= Math.hypot(event.clientX - from.clientX, event.clientY - from.clientY) > DRAG_FROM;
    const { x, y } = placeOf(event);
    const mark = sheet.querySelector(`[data-index="${index}"]`);
    if (dragged.moved) {
      const turned = mark
        ?.getAttribute('transform')
        ?.replace(/translate\([^)]*\)/, `translate(${x + 0.5} ${y + 0.5})`);
      if (turned) mark?.setAttribute('transform', turned);
    }
  });
  sheet.addEventListener('pointerup', (event) => {
    if (!dragged) return;
    const { index, moved } = dragged;
    dragged = undefined;
    letGo = true;
    setTimeout(() => {
      letGo = false;
    });
    const place = placeOf(event);
    if (moved) state.move(index, place.x, place.y);
    else state.choose(index);
    showCursor(moved ? place : state.labels.points[index]);
  });
  sheet.addEventListener('pointercancel', () => {
    dragged = undefined;
    redraw();
  });
  sheet.addEventListener('click', (event) => {
    if (letGo) return;
    const place = placeOf(event);
    state.place(place.x, place.y);
    showCursor(place);
  });
  sheetKeys(state, { cursor, showCursor });

  button('undo').onclick = () => state.undo();
  button('redo').onclick = () => state.redo();
  button('delete').onclick = () => {
    if (state.chosen !== undefined) state.deletePoint(state.chosen);
  };
  button('unsure').onclick = () => {
    const { painted, scene } = state;
    if (!painted || !scene) return;
    let most = 0;
    for (const [i, value] of painted.uncertainty.entries()) if (value > painted.uncertainty[most]) most = i;
    sheet.focus();
    sheet.classList.add('keyed');
    showCursor({ x: most % scene.width, y: Math.floor(most / scene.width) });
  };
  const drawLayer = () => {
    const { scene, painted, labels } = state;
    if (scene) drawMap(scene, painted, { layer: select('layer').value, classes: labels.classes });
  };
  select('layer').onchange = drawLayer;
  const showOpacity = () => {
    element('sheet-map', HTMLElement).style.opacity = String(input('opacity').valueAsNumber / 100);
  };
  input('opacity').oninput = showOpacity;
  showOpacity();
  select('zoom').onchange = () => {
    sheet.style.width = `${100 * Number(select('zoom').value)}%`;
    redraw();
    sheet.querySelector('.crosshair')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  };
  new ResizeObserver(redraw).observe(sheet);

  state.watch(['scene'], () => {
    const { scene } = state;
    sheet.hidden = !scene;
    if (!scene) return;
    const { x, y } = { x: Math.floor(scene.width / 2), y: Math.floor(scene.height / 2) };
    Object.assign(cursor, { x, y });
    element('cursor', HTMLElement).textContent = '';
  });
  state.watch(['labels', 'painted', 'scene'], drawLayer);
  state.watch(['labels', 'choice', 'scene'], () => {
    redraw();
    button('undo').disabled = !state.canUndo;
    button('redo').disabled = !state.canRedo;
    button('delete').disabled = state.chosen === undefined;
  });
  state.watch(['painted'], () => {
    button('unsure').disabled = !state.painted;
    // What was said of the place may be another now.
    if (element('cursor', HTMLElement).textContent !== '') tellCursor(state, cursor);
  });
}

/** Says where the cursor is, and what is there. */
function tellCursor({ labels, scene, painted, active, chosen }: MapState, { x, y }: Cursor): void {
  if (!scene) return;
  const names = labels.classes.map(({ name }) => name);
  const at = labels.points[chosen ?? -1];
  const label = painted?.classes[y * scene.width + x];
  const sure = 100 - Math.round(((painted?.uncertainty[y * scene.width + x] ?? 0) / 255) * 100);
  const parts = [
    `Column ${x}, row ${y}.`,
    label !== undefined && names[label] && `Map: ${names[label]}, ${sure} % sure.`,
    at && at.x === x && at.y === y && `A point of ${names[at.label]}, chosen.`,
    `Next point: ${names[active]}.`,
  ];
  element('cursor', HTMLElement).textContent = parts.filter(Boolean).join(' ');
}
