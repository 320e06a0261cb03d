import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { glyphOf } from '../../src/visualize/stroke-font.ts';
import { fitText, textSvg, textWidth } from '../../src/visualize/text.ts';

const style = { size: 20, color: '#ffffff', weight: 2 };

/** Brightness 0-255 of an SVG drawn on black. */
async function draw(svg: string, width: number, height: number): Promise<Buffer> {
  const document = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%"/>${svg}</svg>`;
  return sharp(Buffer.from(document)).greyscale().raw().toBuffer();
}

describe('glyphOf', () => {
  it('knows every printable ASCII character and those of the headers', () => {
    const missing = glyphOf('漢');
    const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
    const lacking = [...ascii, ...'·×≥≤–…'].filter((character) => glyphOf(character) === missing);
    expect(lacking).toEqual([]);
  });

  it('drops accents, and draws an empty box for anything else', () => {
    expect(glyphOf('é')).toBe(glyphOf('e'));
    expect(glyphOf('漢').path).not.toBe('');
  });
});

describe('textWidth', () => {
  it('grows with the text and the size', () => {
    // Glyphs of 11 units and one space of 5 between them, in units of 20 to the height of a capital.
    expect(textWidth('00', 20)).toBe(11 + 5 + 11);
    expect(textWidth('00', 10)).toBe(13.5);
    expect(textWidth('', 20)).toBe(0);
  });
});

describe('fitText', () => {
  it('leaves a text that fits', () => expect(fitText('abc', 10, 1000)).toBe('abc'));

  it('cuts a long one, so that it fits with the ellipsis', () => {
    const cut = fitText('a long title of an image', 10, 60);
    expect(cut).toMatch(/^a lo.*…$/);
    expect(textWidth(cut, 10)).toBeLessThanOrEqual(60);
  });
});

describe('textSvg', () => {
  it('is made of lines, not of text that needs a font', () => {
    expect(textSvg('Ground truth', 0, 0, style)).not.toContain('<text');
  });

  it('draws from x to x + width and from y to y + size', async () => {
    const [width, height, x, y] = [120, 60, 15, 20];
    const pixels = await draw(textSvg('HEH', x, y, style), width, height);
    const lit = [...pixels.keys()].filter((i) => pixels[i]! > 100);
    const columns = lit.map((i) => i % width);
    const rows = lit.map((i) => Math.floor(i / width));
    expect(Math.min(...columns)).toBeCloseTo(x - 1, -0.5);
    expect(Math.max(...columns)).toBeCloseTo(x + textWidth('HEH', style.size), -0.5);
    expect(Math.min(...rows)).toBeCloseTo(y - 1, -0.5);
    expect(Math.max(...rows)).toBeCloseTo(y + style.size, -0.5);
  });

  it('puts the halo behind the text', async () => {
    const halo = { color: '#808080', width: 3 };
    const pixels = await draw(textSvg('I', 20, 10, { ...style, halo }), 40, 40);
    expect(pixels[20 * 40 + 20]).toBeGreaterThan(240);
    expect(pixels[20 * 40 + 17]).toBeGreaterThan(100);
    expect(pixels[20 * 40 + 17]).toBeLessThan(160);
  });
});
