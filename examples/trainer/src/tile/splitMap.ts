import { escapeXml } from '../pictures/escapeXml.js';
import { LON_LAT, projectionBetween } from './projections.js';
import type { Area } from './readArea.js';
import type { TileGrid, TilePlace } from './TileGrid.js';

const COLOURS = ['#2f6db3', '#e08a1e', '#2f9e62', '#8c5ab4'];
/** Sides of the map, in pixels. */
const LONGEST = 720;
const MARGIN = 24;
const LEGEND = 84;

/** A map of the tiles by split, with the area around them, as an SVG. */
export function splitMap(
  tiles: readonly TilePlace[],
  splits: readonly string[],
  grid: TileGrid,
  area: Area | undefined,
): string {
  const rows = tiles.map(({ row }) => row);
  const columns = tiles.map(({ column }) => column);
  const [top, left] = [rows, columns].map((values) => values.reduce((a, b) => Math.min(a, b)));
  const [bottom, right] = [rows, columns].map((values) => values.reduce((a, b) => Math.max(a, b)) + 1);
  const scale = Math.min(24, LONGEST / Math.max(bottom - top, right - left));
  const [width, height] = [(right - left) * scale, (bottom - top) * scale];
  const x = (column: number) => (MARGIN + (column - left) * scale).toFixed(2);
  const y = (row: number) => (MARGIN + (row - top) * scale).toFixed(2);
  const names = [...new Set(splits)].sort();
  const parts: string[] = [];
  names.forEach((name, i) => {
    const side = (0.92 * scale).toFixed(2);
    const squares = tiles
      .filter((_, k) => splits[k] === name)
      .map(({ row, column }) => `M${x(column)} ${y(row)}h${side}v${side}h-${side}z`);
    parts.push(`<path fill="${COLOURS[i % COLOURS.length]}" d="${[...new Set(squares)].join('')}"/>`);
  });
  const toGrid = projectionBetween(LON_LAT, grid.epsg);
  // What of the area lies beyond the tiles is cut off.
  const clip = `<clipPath id="map"><rect width="${2 * MARGIN + width}" height="${MARGIN + height + 6}"/></clipPath>`;
  parts.push(clip);
  for (const ring of area?.polygons.flat() ?? []) {
    const points = ring.map(([longitude, latitude]) => grid.placeOf(...toGrid(longitude, latitude)));
    const line = points.map(([row, column]) => `${x(column)},${y(row)}`).join(' ');
    parts.push(
      `<polygon clip-path="url(#map)" fill="none" stroke="#111" stroke-width="1.2" points="${line}"/>`,
    );
  }
  const total = [MARGIN * 2 + Math.max(width, 420), MARGIN * 2 + height + LEGEND];
  names.forEach((name, i) => {
    const count = splits.filter((split) => split === name).length;
    const at = MARGIN + i * 140;
    const line = MARGIN + height + 26;
    const share = ((100 * count) / splits.length).toFixed(1);
    parts.push(
      `<rect x="${at}" y="${line - 10}" width="12" height="12" fill="${COLOURS[i % COLOURS.length]}"/>`,
      `<text x="${at + 18}" y="${line}">${escapeXml(name)}: ${count}, ${share} %</text>`,
    );
  });
  const toDegrees = projectionBetween(grid.epsg, LON_LAT);
  const corner = (row: number, column: number) => {
    const { x: west, y: north, width: w, height: h } = grid.origin;
    const [longitude, latitude] = toDegrees(west + column * grid.size * w, north - row * grid.size * h);
    return `${latitude.toFixed(3)}°, ${longitude.toFixed(3)}°`;
  };
  const pixel = Number(grid.origin.width.toPrecision(6));
  const words = [
    `${splits.length} tiles of ${grid.size} × ${grid.size} pixels of ${pixel}, EPSG:${grid.epsg}`,
    `north-west ${corner(top, left)}; south-east ${corner(bottom, right)} (latitude, longitude)`,
  ];
  words.forEach((text, i) => {
    parts.push(`<text x="${MARGIN}" y="${MARGIN + height + 50 + 20 * i}">${text}</text>`);
  });
  const size = `width="${total[0]}" height="${total[1]}"`;
  const style = 'font-family="DejaVu Sans, sans-serif" font-size="12" fill="#222"';
  const ground = '<rect width="100%" height="100%" fill="#fff"/>';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${style}>${ground}\n${parts.join('\n')}\n</svg>\n`;
}
