/** The same zero padding on all four sides. A number would not do: tfjs then takes every filter for square. */
export function explicitPadding(pad: number): [[0, 0], [number, number], [number, number], [0, 0]] {
  return [
    [0, 0],
    [pad, pad],
    [pad, pad],
    [0, 0],
  ];
}
