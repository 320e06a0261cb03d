/** Labelme's shapes to outlines of buildings. */
import sharp from 'sharp';
import { z } from 'zod';
import type { Rle } from '../../masks/rle.ts';
import { tracePolygons } from '../../masks/trace-polygons.ts';
import { printable } from '../../system/printable.ts';
import type { Finding } from '../findings.ts';
import { isBuildingLabel } from './building-label.ts';
import type { SourceAnnotation, SourceOutline, SourceSample } from './source-sample.ts';

const shapeSchema = z.object({
  label: z.string(),
  points: z.array(z.array(z.unknown()).length(2)),
  // Absent in files of old versions, which knew polygons only.
  shape_type: z.string().nullish(),
  group_id: z.unknown().optional(),
  /** Of a shape of the type mask: a PNG in base64, of the size of the box that its two points span. */
  mask: z.unknown().optional(),
});

type Shape = z.infer<typeof shapeSchema>;

interface Fault extends Pick<Finding, 'detail' | 'entry' | 'treatment'> {
  kind: 'annotation_malformed' | 'annotation_other' | 'annotation_shape';
  /** Of the shape; empty where it could not be read. */
  label: string;
}

interface Shapes {
  annotations: SourceAnnotation[];
  faults: Fault[];
  hasBuildings: boolean;
}

/** A building's part, and the group that joins it with others. */
interface Part {
  entry: string;
  group: string | null;
  outline: SourceOutline;
}

/**
 * Polygons are outlines as they are, and so are masks and oriented rectangles (of four points). A circle is a round
 * building, of 64 corners. Rectangles, lines and points are no outlines and are left out. Shapes with one `group_id` are
 * parts of one building.
 * @param size of the image, without which masks cannot be placed
 */
export async function readShapes(shapes: readonly unknown[], size: SourceSample['size']): Promise<Shapes> {
  const faults: Fault[] = [];
  const parts: Part[] = [];
  let hasBuildings = false;
  for (const [i, value] of shapes.entries()) {
    const entry = `shapes[${i}]`;
    const parsed = shapeSchema.safeParse(value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!;
      const detail = printable(`${issue.path.map(String).join('.') || 'shape'}: ${issue.message}`);
      faults.push({ kind: 'annotation_malformed', label: '', detail, entry, treatment: 'dropped' });
      continue;
    }
    const shape = parsed.data;
    const { label } = shape;
    if (!isBuildingLabel(label)) {
      const detail = `of label "${printable(label)}"`;
      faults.push({ kind: 'annotation_other', label, detail, entry, treatment: 'dropped' });
      continue;
    }
    hasBuildings = true;
    const { outline, fault } = await readShape(shape, size);
    if (fault) faults.push({ ...fault, label, entry, treatment: outline ? 'repaired' : 'dropped' });
    if (outline) parts.push({ entry, group: groupOf(shape.group_id), outline });
  }
  return { annotations: joinGroups(parts), faults, hasBuildings };
}

interface ReadShape {
  outline?: SourceOutline;
  fault?: Pick<Fault, 'kind' | 'detail'>;
}

async function readShape(shape: Shape, size: SourceSample['size']): Promise<ReadShape> {
  const { points, mask } = shape;
  const type = shape.shape_type ?? 'polygon';
  switch (type) {
    case 'polygon':
      return { outline: polygon(points.flat()) };
    case 'oriented_rectangle':
    case 'rotation':
      if (points.length === 4) return { outline: polygon(points.flat()) };
      return malformed(`${type} with ${points.length} points: expected 4`);
    case 'circle':
      return readCircle(points);
    case 'mask':
      return readMask(points, mask, size);
    default:
      return { fault: { kind: 'annotation_shape', detail: `${printable(type)} instead of a polygon` } };
  }
}

function polygon(ring: readonly unknown[]): SourceOutline {
  return { kind: 'polygons', rings: [ring], unit: 'pixels' };
}

function malformed(detail: string): ReadShape {
  return { fault: { kind: 'annotation_malformed', detail } };
}

const CIRCLE_CORNERS = 64;

/** @param points the centre, and a point on the circle */
function readCircle(points: Shape['points']): ReadShape {
  const values = points.flat();
  if (values.length !== 4 || !values.every((value) => Number.isFinite(value))) {
    return malformed('circle: expected its centre and a point on it');
  }
  const [x, y, onX, onY] = values as [number, number, number, number];
  const radius = Math.hypot(onX - x, onY - y);
  const ring = Array.from({ length: CIRCLE_CORNERS }, (_, i) => {
    const angle = (2 * Math.PI * i) / CIRCLE_CORNERS;
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  });
  const detail = `circle: taken as a polygon of ${CIRCLE_CORNERS} corners`;
  return { outline: polygon(ring.flat()), fault: { kind: 'annotation_shape', detail } };
}

/** Pixels of a mask: far more than a building has, and little enough to unpack. */
const MOST_MASK_PIXELS = 4096 ** 2;

async function readMask(
  points: Shape['points'],
  mask: unknown,
  size: SourceSample['size'],
): Promise<ReadShape> {
  if (size === null) return malformed('mask: imageWidth and imageHeight must be the size of the image');
  const [x, y] = (points[0] ?? []) as unknown[];
  if (!Number.isInteger(x) || !Number.isInteger(y) || typeof mask !== 'string') {
    return malformed('mask: expected its upper left corner in whole pixels, and a PNG in base64');
  }
  try {
    const image = sharp(Buffer.from(mask, 'base64'), { limitInputPixels: MOST_MASK_PIXELS });
    const { data, info } = await image.extractChannel(0).raw().toBuffer({ resolveWithObject: true });
    const [left, top] = [x as number, y as number];
    if (left < 0 || top < 0 || left + info.width > size.width || top + info.height > size.height) {
      return malformed(`mask: ${info.width}x${info.height} pixels at ${left}, ${top} lie outside the image`);
    }
    const { counts, size: frame } = placedRle({ pixels: data, width: info.width }, { left, top }, size);
    return { outline: { kind: 'rle', counts, size: frame } };
  } catch (error) {
    return malformed(`mask: its PNG does not decode (${printable((error as Error).message)})`);
  }
}

/** Run lengths of a small mask that lies somewhere in an image, without unpacking the image. */
function placedRle(
  { pixels, width }: { pixels: Uint8Array; width: number },
  { left, top }: { left: number; top: number },
  image: { width: number; height: number },
): { counts: number[]; size: [number, number] } {
  const height = pixels.length / width;
  const counts: number[] = [];
  let [runStart, isInside] = [0, false];
  const switchAt = (position: number) => {
    counts.push(position - runStart);
    [runStart, isInside] = [position, !isInside];
  };
  for (let x = 0; x < width; x++) {
    const start = (left + x) * image.height + top;
    for (let y = 0; y < height; y++) {
      if ((pixels[y * width + x] !== 0) !== isInside) switchAt(start + y);
    }
    if (isInside) switchAt(start + height);
  }
  counts.push(image.width * image.height - runStart);
  return { counts, size: [image.height, image.width] };
}

function groupOf(id: unknown): string | null {
  return typeof id === 'number' || typeof id === 'string' ? `${typeof id} ${id}` : null;
}

/** Each group is where its first part was. */
function joinGroups(parts: readonly Part[]): SourceAnnotation[] {
  const groups = new Map<string, Part[]>();
  for (const [i, part] of parts.entries()) {
    const key = part.group ?? `alone ${i}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [part]);
    else group.push(part);
  }
  return [...groups.values()].map((group) => ({
    entry: group[0]!.entry,
    outline: group.length === 1 ? group[0]!.outline : joinOutlines(group.map(({ outline }) => outline)),
    crowd: false,
    box: null,
    area: null,
  }));
}

function joinOutlines(outlines: readonly SourceOutline[]): SourceOutline {
  const rings = outlines.flatMap((outline) => (outline.kind === 'rle' ? ringsOf(outline) : outline.rings));
  return { kind: 'polygons', rings, unit: 'pixels' };
}

/** Only our own run lengths come here, so they are sound. */
function ringsOf({ counts, size }: Extract<SourceOutline, { kind: 'rle' }>): number[][] {
  const rle: Rle = { size: size as [number, number], counts: Uint32Array.from(counts as number[]) };
  return tracePolygons(rle);
}
