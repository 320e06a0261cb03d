/** Which TensorFlow and CUDA libraries are taken, from which Python wheels (`cp312`: any of them holds the same library). */
export const TENSORFLOW_VERSION = '2.21.0';

/** `cpu`, or `gpu` = CUDA 12, which also runs where there is no GPU. */
export type Flavour = 'cpu' | 'gpu';

/** One wheel, pinned: pip refuses any other bytes. */
export interface Wheel {
  /** `package==version`. */
  requirement: string;
  sha256: string;
  /** Platform tag in the wheel's name. */
  platform: string;
  /** Size of the download, 10^6 bytes. */
  megabytes: number;
  /** Name patterns of the files to take out of it; `*` also stands for slashes. */
  files: readonly string[];
}

// Only the headers of the C API: they are all that the addon includes, 0.5 MB instead of 287.
const TENSORFLOW_FILES = [
  'tensorflow/libtensorflow_*.so.2',
  'tensorflow/include/tensorflow/c/*.h',
  'tensorflow/include/tensorflow/core/platform/ctstring*.h',
  'tensorflow/include/tsl/platform/ctstring*.h',
  'tensorflow/include/xla/tsl/c/*.h',
];
const LIBRARY_FILES = ['nvidia/*/lib/*.so*'];
// XLA calls ptxas and reads libdevice.
const COMPILER_FILES = ['nvidia/cuda_nvcc/bin/*', 'nvidia/cuda_nvcc/nvvm/*'];

const GLIBC_2_27 = 'manylinux_2_27_x86_64';
const GLIBC_2_25 = 'manylinux_2_25_x86_64';
const GLIBC_2_17 = 'manylinux2014_x86_64';
const GLIBC_2_12 = 'manylinux2010_x86_64';

/** What one flavour is made of. */
export interface RuntimeContent {
  wheels: readonly Wheel[];
  /** Links to add: path in the runtime's folder, and what it leads to. */
  links: readonly (readonly [path: string, target: string])[];
}

/**
 * For CUDA: what the wheel's extra `and-cuda` asks for, in the last releases for CUDA 12. cuDNN stays at 9.10, the last
 * that serves GPUs older than Turing; it serves Hopper and Blackwell too.
 */
const WHEELS: Readonly<Record<Flavour, readonly Wheel[]>> = {
  cpu: [
    {
      requirement: 'tensorflow-cpu==2.21.0',
      sha256: 'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
      platform: GLIBC_2_27,
      megabytes: 274,
      files: TENSORFLOW_FILES,
    },
  ],
  gpu: [
    {
      requirement: 'tensorflow==2.21.0',
      sha256: 'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
      platform: GLIBC_2_27,
      megabytes: 573,
      files: TENSORFLOW_FILES,
    },
    {
      requirement: 'nvidia-cublas-cu12==12.9.3.13',
      sha256: 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
      platform: GLIBC_2_27,
      megabytes: 581,
      files: LIBRARY_FILES,
    },
    {
      requirement: 'nvidia-cuda-cupti-cu12==12.9.79',
      sha256: '096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f',
      platform: GLIBC_2_25,
      megabytes: 11,
      files: LIBRARY_FILES,
    },
    {
      requirement: 'nvidia-cuda-nvcc-cu12==12.9.86',
      sha256: '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
      platform: GLIBC_2_12,
      megabytes: 41,
      files: COMPILER_FILES,
    },
    {
      requirement: 'nvidia-cuda-nvrtc-cu12==12.9.86',
      sha256: '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
      platform: GLIBC_2_12,
      megabytes: 90,
      files: LIBRARY_FILES,
    },
    {
      requirement: 'nvidia-cuda-runtime-cu12==12.9.79',
      sha256: '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
      platform: GLIBC_2_17,
      megabytes: 3,
      files: LIBRARY_FILES,
    },
    {
      requirement: 'nvidia-cudnn-cu12==9.10.2.21',
      sha256: '949452be657fa16687d0930933f032835951ef0892b37d2d53824d1a84dc97a8',
      platform: GLIBC_2_27,
      megabytes: 707,
      files: LIBRARY_FILES,
    },
    {
      requirement: 'nvidia-cufft-cu12==11.4.1.4',
      sha256: 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
      platform: GLIBC_2_17,
      megabytes: 201,
      files: LIBRARY_FILES,
    },
    {
      requirement: 'nvidia-curand-cu12==10.3.10.19',
      sha256: '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e',
      platform: GLIBC_2_27,
      megabytes: 68,
      files: LIBRARY_FILES,
    },
    {
      requirement: 'nvidia-cusolver-cu12==11.7.5.82',
      sha256: '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
      platform: GLIBC_2_27,
      megabytes: 338,
      files: LIBRARY_FILES,
    },
    {
      requirement: 'nvidia-cusparse-cu12==12.5.10.65',
      sha256: '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
      platform: GLIBC_2_17,
      megabytes: 366,
      files: LIBRARY_FILES,
    },
    {
      requirement: 'nvidia-nccl-cu12==2.32.3',
      sha256: 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
      platform: GLIBC_2_27,
      megabytes: 352,
      files: LIBRARY_FILES,
    },
    {
      requirement: 'nvidia-nvjitlink-cu12==12.9.86',
      sha256: 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
      platform: GLIBC_2_12,
      megabytes: 40,
      files: LIBRARY_FILES,
    },
  ],
};

export const RUNTIMES: Readonly<Record<Flavour, RuntimeContent>> = {
  cpu: { wheels: WHEELS.cpu, links: [] },
  gpu: {
    wheels: WHEELS.gpu,
    // TensorFlow 2.21 looks for cuSOLVER in the other libraries' folders but not in cuSOLVER's own, and without it takes no
    // GPU at all (tensorflow/tensorflow#112973).
    links: [['nvidia/cusparse/lib/libcusolver.so.11', '../../cusolver/lib/libcusolver.so.11']],
  },
};
