import { CAP_HEIGHT, glyphOf } from './stroke-font.ts';

/** Clear space between two glyphs, in the font's units. */
const SPACING = 5;

/** How text is drawn. */
export interface TextStyle {
  /** Pixels: height of a capital letter. */
  size: number;
  /** CSS colour. */
  color: string;
  /** Thickness of the lines in pixels. */
  weight: number;
  /** A line of this colour and further thickness (pixels, on each side) behind the text. */
  halo?: { color: string; width: number };
}

/** @returns pixels from the left end of the first character's line to the right end of the last one's */
export function textWidth(text: string, size: number): number {
  const characters = [...text];
  const units = characters.reduce((sum, character) => sum + glyphOf(character).width, 0);
  return ((units + SPACING * Math.max(0, characters.length - 1)) * size) / CAP_HEIGHT;
}

/** @returns the longest beginning of the text that fits into `width` pixels, with an ellipsis where it was cut */
export function fitText(text: string, size: number, width: number): string {
  if (textWidth(text, size) <= width) return text;
  const characters = [...text];
  while (characters.length > 0 && textWidth(`${characters.join('')}…`, size) > width) characters.pop();
  return `${characters.join('').trimEnd()}…`;
}

/**
 * @param x pixels: left end of the text
 * @param y pixels: top of the capitals; the base line is at y + size
 * @returns an SVG element
 */
export function textSvg(text: string, x: number, y: number, style: TextStyle): string {
  const scale = style.size / CAP_HEIGHT;
  let offset = 0;
  let glyphs = '';
  for (const character of text) {
    const { width, path } = glyphOf(character);
    if (path) glyphs += `<path transform="translate(${round(offset)} 0)" d="${path}"/>`;
    offset += width + SPACING;
  }
  const layer = (color: string, thickness: number) =>
    `<g stroke="${color}" stroke-width="${round(thickness / scale)}">${glyphs}</g>`;
  const halo = style.halo ? layer(style.halo.color, style.weight + 2 * style.halo.width) : '';
  return (
    `<g transform="translate(${round(x)} ${round(y)}) scale(${round(scale)})" fill="none" stroke-linecap="round" ` +
    `stroke-linejoin="round">${halo}${layer(style.color, style.weight)}</g>`
  );
}

function round(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
