/** Golden files: safetensors with torchvision's outputs on one image (`make.py`). */
import { readFile } from 'node:fs/promises';
import { type HostTensor, readSafetensors, type TensorFile } from '../../src/model/safetensors.ts';
import { UsageError, UserError } from '../../src/system/errors.ts';
import { notFinite } from './compare.ts';
import { type Fit, fitImage } from './fit.ts';

/** Content of a golden file. */
export interface Golden {
  /** [3, H, W] in 0-1 */
  image: Float32Array;
  fit: Fit;
  /** The most detections that torchvision put out. */
  detections: number;
  /** All tensors, whole numbers as float32; more or fewer than expected. */
  tensors: ReadonlyMap<string, HostTensor>;
}

/**
 * @throws UsageError in one line when the file cannot be read, is no safetensors file, has no image, size or detections, or
 *   an image of a size that cannot be held against torchvision
 */
export async function readGolden(path: string): Promise<Golden> {
  const { tensors, metadata } = await readFloats(path);
  for (const [name, tensor] of wholeNumberTensors(await readFile(path), path)) tensors.set(name, tensor);
  const { shape, values } = imageOf(tensors, path);
  return {
    image: values,
    fit: fitImage([shape[1]!, shape[2]!], wholeNumber(metadata, 'size', path)),
    detections: wholeNumber(metadata, 'detections', path),
    tensors,
  };
}

async function readFloats(path: string): Promise<TensorFile> {
  try {
    return await readSafetensors(path);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

const LENGTH_BYTES = 8;
const INT64_BYTES = 8;

/** The labels: weights have no such tensors, so that the program's own reader passes over them. */
function* wholeNumberTensors(bytes: Buffer, path: string): Generator<[string, HostTensor]> {
  const bodyStart = LENGTH_BYTES + Number(bytes.readBigUInt64LE());
  const { __metadata__, ...entries } = JSON.parse(bytes.toString('utf8', LENGTH_BYTES, bodyStart)) as Header;
  for (const [name, { dtype, shape = [], data_offsets: offsets = [] }] of Object.entries(entries)) {
    if (!WHOLE_NUMBERS.test(dtype)) continue;
    const body = bytes.subarray(bodyStart + (offsets[0] ?? 0), bodyStart + (offsets[1] ?? 0));
    const length = shape.reduce((product, size) => product * size, 1);
    if (dtype !== 'I64' || body.length !== length * INT64_BYTES) {
      throw new UsageError(
        `${path}: tensor ${name} must be float or ${length} values of I64, got ${body.length} bytes of ${dtype}; give another file`,
      );
    }
    const values = Float32Array.from({ length }, (_, i) => Number(body.readBigInt64LE(i * INT64_BYTES)));
    yield [name, { shape, values }];
  }
}

const WHOLE_NUMBERS = /^([IU]\d+|BOOL)$/;

/** By name; as far as the program's own reader has made sure. */
type Header = Record<string, { dtype: string; shape?: number[]; data_offsets?: number[] }>;

function imageOf(tensors: ReadonlyMap<string, HostTensor>, path: string): HostTensor {
  const image = tensors.get('image');
  if (!image) throw new UsageError(`${path} is no golden file: the tensor image is missing`);
  const [channels, height = 0, width = 0, ...more] = image.shape;
  if (channels !== 3 || height === 0 || width === 0 || more.length > 0) {
    throw new UsageError(`${path}: image must be [3, height, width], got [${image.shape.join(', ')}]`);
  }
  const fault = notFinite(image.values, 'value');
  if (fault !== null) throw new UsageError(`${path}: image must hold numbers from 0 to 1, but ${fault}`);
  return image;
}

/** @throws UsageError unless the file's metadata has it, as a whole number from 1 */
function wholeNumber(metadata: Readonly<Record<string, string>>, key: string, path: string): number {
  const text = (metadata as typeof metadata | null)?.[key];
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  const got = JSON.stringify(text) ?? 'nothing';
  throw new UsageError(`${path}: its metadata must hold ${key} as a whole number from 1, got ${got}`);
}
