/**
 * The messages that this room sends to TensorFlow, as far as it fills them. Names and numbers are those of
 * TensorFlow 2.21 (core/framework/{graph,node_def,attr_value,tensor,tensor_shape,types,versions}.proto and
 * core/protobuf/{saved_model,meta_graph,config,rewriter_config}.proto); enums are int32, which looks the same
 * on the wire.
 */
import protobuf from 'protobufjs';

const SCHEMA = `
syntax = "proto3";
package tensorflow;

message SavedModel { int64 saved_model_schema_version = 1; repeated MetaGraphDef meta_graphs = 2; }
message MetaGraphDef {
  message MetaInfoDef { repeated string tags = 4; string tensorflow_version = 5; }
  MetaInfoDef meta_info_def = 1;
  GraphDef graph_def = 2;
  map<string, SignatureDef> signature_def = 5;
}
message SignatureDef {
  map<string, TensorInfo> inputs = 1;
  map<string, TensorInfo> outputs = 2;
  string method_name = 3;
}
message TensorInfo { string name = 1; int32 dtype = 2; TensorShapeProto tensor_shape = 3; }
message GraphDef { repeated NodeDef node = 1; VersionDef versions = 4; }
message VersionDef { int32 producer = 1; }
message NodeDef {
  string name = 1;
  string op = 2;
  repeated string input = 3;
  string device = 4;
  map<string, AttrValue> attr = 5;
}
message AttrValue {
  message ListValue {
    repeated bytes s = 2;
    repeated int64 i = 3;
    repeated float f = 4;
    repeated bool b = 5;
    repeated int32 type = 6;
    repeated TensorShapeProto shape = 7;
  }
  oneof value {
    ListValue list = 1;
    bytes s = 2;
    int64 i = 3;
    float f = 4;
    bool b = 5;
    int32 type = 6;
    TensorShapeProto shape = 7;
    TensorProto tensor = 8;
  }
}
message TensorProto {
  int32 dtype = 1;
  TensorShapeProto tensor_shape = 2;
  bytes tensor_content = 4;
  repeated bytes string_val = 8;
}
message TensorShapeProto {
  message Dim { int64 size = 1; }
  repeated Dim dim = 2;
}

message ConfigProto {
  map<string, int32> device_count = 1;
  bool allow_soft_placement = 7;
  bool log_device_placement = 8;
  GraphOptions graph_options = 10;
  repeated ThreadPoolOptionProto session_inter_op_thread_pool = 12;
}
message ThreadPoolOptionProto { int32 num_threads = 1; }
message GraphOptions { OptimizerOptions optimizer_options = 3; RewriterConfig rewrite_options = 10; }
message OptimizerOptions { int32 global_jit_level = 5; bool cpu_global_jit = 7; }
message RewriterConfig {
  int32 layout_optimizer = 1;
  int32 constant_folding = 3;
  int32 arithmetic_optimization = 7;
  int32 dependency_optimization = 8;
  int32 loop_optimization = 9;
  int32 function_optimization = 10;
  int32 debug_stripper = 11;
  int32 shape_optimization = 13;
  int32 remapping = 14;
  bool disable_meta_optimizer = 19;
  bool fail_on_optimizer_errors = 21;
  int32 auto_mixed_precision = 23;
  int32 common_subgraph_elimination = 24;
  int32 auto_mixed_precision_onednn_bfloat16 = 31;
}
`;

/** A 64-bit number as protobufjs writes it: a safe integer, or two halves. */
export type Int64Message = number | { low: number; high: number };

export interface SavedModelMessage {
  savedModelSchemaVersion: number;
  metaGraphs: readonly MetaGraphMessage[];
}

export interface MetaGraphMessage {
  metaInfoDef: { tags: readonly string[]; tensorflowVersion: string };
  graphDef: { node: readonly NodeMessage[]; versions: { producer: number } };
  signatureDef: Readonly<Record<string, SignatureMessage>>;
}

export interface SignatureMessage {
  inputs: Readonly<Record<string, TensorInfoMessage>>;
  outputs: Readonly<Record<string, TensorInfoMessage>>;
  methodName: string;
}

export interface TensorInfoMessage {
  name: string;
  dtype: number;
  tensorShape: ShapeMessage;
}

export interface NodeMessage {
  name: string;
  op: string;
  input: readonly string[];
  device: string;
  attr: Readonly<Record<string, AttributeMessage>>;
}

/** Exactly one key. */
export type AttributeMessage =
  | { s: Uint8Array }
  | { i: Int64Message }
  | { f: number }
  | { b: boolean }
  | { type: number }
  | { shape: ShapeMessage }
  | { tensor: TensorMessage }
  | { list: AttributeListMessage };

export interface AttributeListMessage {
  s?: readonly Uint8Array[];
  i?: readonly Int64Message[];
  f?: readonly number[];
  b?: readonly boolean[];
  type?: readonly number[];
  shape?: readonly ShapeMessage[];
}

export interface TensorMessage {
  dtype: number;
  tensorShape: ShapeMessage;
  tensorContent: Uint8Array;
  stringVal: readonly Uint8Array[];
}

export interface ShapeMessage {
  dim: readonly { size: number }[];
}

export interface ConfigMessage {
  deviceCount?: Readonly<Record<string, number>>;
  allowSoftPlacement?: boolean;
  logDevicePlacement?: boolean;
  graphOptions?: {
    optimizerOptions?: { globalJitLevel: number; cpuGlobalJit: boolean };
    rewriteOptions?: RewriterMessage;
  };
  sessionInterOpThreadPool?: readonly { numThreads: number }[];
}

/** The fields of RewriterConfig that switch one optimizer: 1 on, 2 off, 3 aggressive. */
export type RewriterToggle =
  | 'layoutOptimizer'
  | 'constantFolding'
  | 'arithmeticOptimization'
  | 'dependencyOptimization'
  | 'loopOptimization'
  | 'functionOptimization'
  | 'debugStripper'
  | 'shapeOptimization'
  | 'remapping'
  | 'autoMixedPrecision'
  | 'commonSubgraphElimination'
  | 'autoMixedPrecisionOnednnBfloat16';

export type RewriterMessage = { [field in RewriterToggle]?: number } & {
  disableMetaOptimizer?: boolean;
  failOnOptimizerErrors?: boolean;
};

const { root } = protobuf.parse(SCHEMA);

/** @returns the message's bytes; equal messages with keys in equal order give equal bytes */
export function encodeSavedModelMessage(message: SavedModelMessage): Uint8Array {
  return encode('SavedModel', message);
}

/** @returns the message's bytes; empty where nothing is set */
export function encodeConfigMessage(message: ConfigMessage): Uint8Array {
  return encode('ConfigProto', message);
}

function encode(type: string, message: object): Uint8Array {
  return root.lookupType(`tensorflow.${type}`).encode(message).finish();
}

/**
 * protobufjs takes no bigint, and cuts a number beyond 2^53 without a word.
 * @throws RangeError for what is no integer, does not fit in 64 bits, or has lost its last digits
 */
export function int64Message(value: number | bigint): Int64Message {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return value;
    throw new RangeError(`expected an integer between -2^53 and 2^53 (larger ones as bigint), got ${value}`);
  }
  if (BigInt.asIntN(64, value) !== value) {
    throw new RangeError(`expected an integer of 64 bits, got ${value}n`);
  }
  return { low: Number(BigInt.asIntN(32, value)), high: Number(value >> 32n) };
}
