/** @returns the part of the model that a weight belongs to, with which its name begins: backbone, fpn, rpn, box, mask */
export function partOf(name: string): string {
  return name.split('.', 1)[0]!;
}
