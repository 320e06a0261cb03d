/** What covers a building, drawn as SVG inside its outline: the outline alone decides which pixels are roof. */

import type { Random } from '../../system/random.ts';
import { css, pick, shade } from './colors.ts';
import { type Brush, chooseRoof, type Roof } from './covering.ts';
import { drawFlatRoof } from './flat-roof.ts';
import type { Footprint } from './footprint.ts';
import { drawPitchedRoof } from './pitched-roof.ts';
import type { Point } from './quad.ts';
import { inwards } from './ring.ts';
import { outline as border } from './svg.ts';

export function drawRoof(footprint: Footprint, brush: Brush): string {
  const roof = chooseRoof(footprint, brush.random);
  const surface =
    roof.form === 'flat' ? drawFlatRoof(footprint, roof, brush) : drawPitchedRoof(footprint, roof, brush);
  return surface + drawEdge(footprint.outline, roof, brush.random);
}

/** Gutters, walls between neighbours or the shadow gap at the eaves: a fine line just inside the outline. */
function drawEdge(outline: readonly Point[], { color }: Roof, random: Random): string {
  const tone = pick([0.55, 0.7, 1.25], random);
  const strength = random.uniform(0.25, 0.65);
  return border(inwards(outline, 0.45), { color: css(shade(color, tone)), width: 0.8, opacity: strength });
}
