import { DataError } from 'diffusion-ssl/errors';

type Ring = (readonly [x: number, y: number])[];

/**
 * The polygons of a WKT text, `POLYGON ((x y, …), …)` or `MULTIPOLYGON`: the rings of each, its outline first.
 *
 * @throws {DataError} If it is none.
 */
export function wktRings(text: string, where: string): Ring[][] {
  const refuse = (why: string) => new DataError(`${where}: '${text.slice(0, 60)}' ${why}.`);
  const [, kind, body] = /^\s*(MULTIPOLYGON|POLYGON)\s*(?:Z\s*)?(\(.*\))\s*$/is.exec(text) ?? [];
  if (body === undefined) throw refuse('is no polygon in WKT');
  // Of a polygon two brackets stand around a ring, of several three.
  const parts = kind.toUpperCase() === 'POLYGON' ? [body] : body.slice(1, -1).split(/(?<=\)\s*\))\s*,/);
  return parts.map((part) =>
    [...part.matchAll(/\(([^()]+)\)/g)].map(([, ring]) => {
      const points = ring.split(',').map((pair) => pair.trim().split(/\s+/).map(Number));
      if (points.length < 3 || points.some(([x, y]) => !Number.isFinite(x) || !Number.isFinite(y)))
        throw refuse('has a ring without three corners of two numbers');
      return points.map(([x, y]) => [x, y] as const);
    }),
  );
}
