/** A place or an area of one class. Coordinates are those of the labels' own system, x (longitude) before y. */
export interface LabelShape {
  label: number;
  /** Points, or rings of one area: its outline and its holes. */
  kind: 'points' | 'area';
  /** Lists of [x, y]: one list of points, or one list a ring. */
  lists: readonly (readonly (readonly [x: number, y: number])[])[];
}

/** Labels read from a file, and the classes that their numbers stand for. */
export interface LabelShapes {
  shapes: LabelShape[];
  /** Names of the classes by number, where the file has names; null where it has numbers. */
  classes: string[] | null;
  /** EPSG code of the coordinates; null where the file does not say, as a CSV file. */
  epsg: number | null;
}

/** How labels are told from what a file says. */
export interface LabelNames {
  /** Names of the classes, by number. Default: integers are labels, names are numbered in their order by letters. */
  classes?: readonly string[];
}
