import type { MapClass, PaintedMap, ScenePicture } from '../../shared/mapTypes.js';
import { canvas, element } from '../element.js';
import { inkOn, rgbOf, uncertaintyColour } from './colours.js';
import type { MapState } from './MapState.js';

/** Radius of a point, and of what one hits of it, in pixels of the screen. */
const [RADIUS, REACH] = [9, 12];
/** Opaque, as a byte. */
const FULL = 255;

/** Draws the scene. */
export function drawScene({ width, height, rgba }: ScenePicture): void {
  const target = canvas('sheet-picture');
  Object.assign(target, { width, height });
  target.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
}

/** Draws the map over it: classes in their colours, or how unsure it is. */
export function drawMap(
  size: { width: number; height: number },
  painted: PaintedMap | undefined,
  { layer, classes }: { layer: string; classes: readonly MapClass[] },
): void {
  const target = canvas('sheet-map');
  Object.assign(target, { width: size.width, height: size.height });
  if (!painted) return;
  const palette = classes.map(({ colour }) => rgbOf(colour));
  const ramp = Array.from({ length: 256 }, (_, value) => uncertaintyColour(value));
  const rgba = new Uint8ClampedArray(size.width * size.height * 4);
  for (const [pixel, label] of painted.classes.entries()) {
    const colour = layer === 'uncertainty' ? ramp[painted.uncertainty[pixel]] : palette[label];
    // Where the scene has no pixel, or the class has been removed since.
    if (label === 255 || !colour) continue;
    const at = 4 * pixel;
    [rgba[at], rgba[at + 1], rgba[at + 2], rgba[at + 3]] = [...colour, FULL];
  }
  target.getContext('2d')?.putImageData(new ImageData(rgba, size.width, size.height), 0, 0);
}

/** Draws the points, each with the number of its class, and the cursor. */
export function drawPoints({ scene, labels, chosen }: MapState, cursor: { x: number; y: number }): void {
  const target = element('sheet-points', SVGSVGElement);
  if (!scene) return;
  target.setAttribute('viewBox', `0 0 ${scene.width} ${scene.height}`);
  // Pixels of the scene to one of the screen.
  const scale = scene.width / Math.max(1, element('sheet', HTMLElement).clientWidth);
  const marks = labels.points.map(({ x, y, label }, i) => {
    const { colour } = labels.classes[label];
    const group = make('g', {
      class: i === chosen ? 'point chosen' : 'point',
      'data-index': String(i),
      transform: `translate(${x + 0.5} ${y + 0.5}) scale(${scale})`,
    });
    const number = make('text', { 'font-size': '11', fill: inkOn(colour) });
    number.textContent = String(label + 1);
    group.append(
      make('circle', { class: 'reach', r: String(REACH) }),
      make('circle', { r: String(RADIUS), fill: colour }),
      number,
    );
    return group;
  });
  const arm = 12 * scale;
  const d =
    `M${cursor.x + 0.5} ${cursor.y + 0.5 - arm}v${2 * arm}` +
    `M${cursor.x + 0.5 - arm} ${cursor.y + 0.5}h${2 * arm}`;
  target.replaceChildren(
    ...marks,
    make('path', { class: 'crosshair dark', d }),
    make('path', { class: 'crosshair', d }),
  );
}

function make(name: string, attributes: Record<string, string>): SVGElement {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}
