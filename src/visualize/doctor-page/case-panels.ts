/**
 * A faulty image or building in pictures: as it was read and as it is kept, or both of a pair.
 */
import type { Outline } from '../../data/doctor/building-outline.ts';
import type { FaultCase, Picture } from '../../data/doctor/examination.ts';
import { polygonsBox } from '../../masks/polygon.ts';
import { type Html, html } from '../html.ts';
import { ringPath } from './ring-path.ts';
import { type Thumbnail, thumbnail } from './thumbnail.ts';
import { type View, viewOf } from './view.ts';

type Rings = readonly (readonly number[])[];

interface Panel {
  caption: string;
  /** For those who cannot see it. */
  alt: string;
  picture: Thumbnail;
  /** Of picture and outlines. */
  view: View;
  faulty: Rings;
  mended: Rings;
  others: Rings;
}

/**
 * @param buildings all that are kept of the image: those that the fault is not about are drawn faintly
 * @param id unique in the page
 */
export async function casePanels(fault: FaultCase, buildings: readonly Outline[], id: string): Promise<Html> {
  const panels = await panelsOf(fault, buildings);
  if (panels.length === 0) return html`<p class="no-picture">no picture: the file cannot be read</p>`;
  const parts = createParts(id);
  return html`<div class="panels">${panels.map((panel) => drawPanel(panel, parts))}</div>`;
}

async function panelsOf(fault: FaultCase, buildings: readonly Outline[]): Promise<Panel[]> {
  const { finding, picture, other, before, after } = fault;
  if (other && finding.kind === 'image_rotated') return rotatedPanels(fault, other, buildings);
  if (other) return pairPanels(fault, other);
  const view = viewOf(picture, finiteRings([...before, ...after]));
  const image = await thumbnail(picture.file, view, { upright: true });
  if (!image) return [];
  const common = { picture: image, view, others: otherRings(buildings, after, view) };
  const about = `${picture.name}, ${finding.detail}`;
  const was = { ...common, caption: 'as it was', alt: `${about}: as it was`, faulty: before, mended: [] };
  const is = {
    ...common,
    caption: 'as it is kept',
    alt: `${about}: as it is kept`,
    faulty: [],
    mended: after,
  };
  if (finding.treatment === 'repaired' && after.length > 0) return before.length > 0 ? [was, is] : [is];
  return [{ ...was, caption: '', alt: about }];
}

async function pairPanels({ finding, picture, before }: FaultCase, other: Picture): Promise<Panel[]> {
  const panels: Panel[] = [];
  for (const [some, faulty] of [
    [picture, before],
    [other, []],
  ] as const) {
    const view = viewOf(some, []);
    const image = await thumbnail(some.file, view, { upright: true });
    if (!image) continue;
    const caption = `${some.split ?? 'no split'}: ${some.name}`;
    panels.push({
      caption,
      alt: `${caption}, ${finding.detail}`,
      picture: image,
      view,
      faulty,
      mended: [],
      others: [],
    });
  }
  return panels;
}

/** `other` is the file as it came, which programs without EXIF show as its pixels lie. */
async function rotatedPanels(
  { picture }: FaultCase,
  other: Picture,
  buildings: readonly Outline[],
): Promise<Panel[]> {
  const mended = buildings.flatMap(({ polygons }) => polygons);
  const sides = [
    { file: other.file, upright: false, caption: 'as its pixels lie in the file', mended: [] },
    { file: picture.file, upright: true, caption: 'as it is kept', mended },
  ];
  // Its sides change places: a square holds either.
  const side = Math.max(picture.width, picture.height);
  const panels: Panel[] = [];
  for (const { file, upright, ...panel } of sides) {
    const image = await thumbnail(file, { x: 0, y: 0, width: side, height: side }, { upright });
    if (!image) continue;
    const alt = `${picture.name}: ${panel.caption}`;
    panels.push({ ...panel, alt, picture: image, view: image.view, faulty: [], others: [] });
  }
  return panels;
}

function finiteRings(rings: Rings): Rings {
  return rings.filter((ring) => ring.every(Number.isFinite));
}

/** Outlines in view, but for those that are highlighted. */
function otherRings(buildings: readonly Outline[], highlighted: Rings, view: View): Rings {
  const isHighlighted = new Set(highlighted.map((ring) => ring.join()));
  return buildings
    .filter(({ polygons }) => !polygons.some((ring) => isHighlighted.has(ring.join())))
    .flatMap(({ polygons }) => polygons)
    .filter((ring) => {
      const [y1, x1, y2, x2] = polygonsBox([ring]);
      return x2 > view.x && x1 < view.x + view.width && y2 > view.y && y1 < view.y + view.height;
    });
}

/** Pieces of SVG that are drawn more than once, and are in the page once. */
interface Parts {
  /** @returns the id of the piece, and its definition where it is new */
  add(content: string, define: (id: string) => Html): { id: string; definition: Html };
}

function createParts(prefix: string): Parts {
  const ids = new Map<string, string>();
  return {
    add: (content, define) => {
      const known = ids.get(content);
      if (known) return { id: known, definition: html`` };
      const id = `${prefix}-${ids.size}`;
      ids.set(content, id);
      return { id, definition: html`<defs>${define(id)}</defs>` };
    },
  };
}

/** Characters. */
const MOST_ALT = 200;

function drawPanel({ view, picture, caption, alt, ...rings }: Panel, parts: Parts): Html {
  const box = [view.x, view.y, view.width, view.height].map((value) => Math.round(value * 100) / 100);
  const outlines = (['others', 'faulty', 'mended'] as const).map((name) =>
    drawOutlines(name, ringPath(finiteRings(rings[name]), view), parts),
  );
  const legend = html`<figcaption>${caption.slice(0, MOST_ALT)}</figcaption>`;
  return html`<figure><svg viewBox="${box.join(' ')}" role="img" aria-label="${alt.slice(0, MOST_ALT)}">${drawPixels(picture, parts)}${outlines}</svg>${caption === '' ? html`` : legend}</figure>
`;
}

function drawPixels({ uri, view: { x, y, width, height } }: Thumbnail, parts: Parts): Html {
  const { id, definition } = parts.add(
    uri,
    (name) =>
      html`<image id="${name}" href="${uri}" x="${x}" y="${y}" width="${width}" height="${height}" preserveAspectRatio="none"></image>`,
  );
  return html`${definition}<use href="#${id}"></use>`;
}

/**
 * A dark line under the bright one keeps it visible on any roof. What is used is out of reach of the page's style, but for
 * what it inherits (colour and width): the rest are attributes.
 */
function drawOutlines(name: string, path: string, parts: Parts): Html {
  if (path === '') return html``;
  const { id, definition } = parts.add(
    path,
    (own) =>
      html`<path id="${own}" d="${path}" fill="none" vector-effect="non-scaling-stroke" stroke-linejoin="round"></path>`,
  );
  return html`${definition}<use class="shade ${name}" href="#${id}"></use><use class="${name}" href="#${id}"></use>`;
}
