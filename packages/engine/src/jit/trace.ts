// One function under construction: a TensorFlow graph that grows op by op while the JavaScript function runs on
// tensors without values. Executes nothing; shapes and dtypes come from TensorFlow's own inference.
import type { Addon, GraphAttribute, GraphOperation, GraphValue, OpAttribute } from "../addon.js";
import { TF } from "../dtypes.js";
import { EngineError } from "../errors.js";
import { native } from "../native-errors.js";
import type { TensorData, TracedValue } from "../tensorflow-backend.js";
import { bytesOf, LARGE_CONSTANT_BYTES, SMALL_CONSTANT, uniformElement } from "./constants.js";
import { type WideningGraph, widenedLate } from "./late-widening.js";
import { opDefinition } from "./op-definition.js";
import { graphAttributes, groupInputs } from "./operation-form.js";
import { isProduct, movesData, type Precision, productPrecision } from "./product-precision.js";

export type CompileMode = "graph" | "xla";

/** Where the value of a placeholder comes from when the function is called. */
export type InputSource =
  | { readonly kind: "argument"; readonly index: number }
  | { readonly kind: "variable"; readonly variable: object }
  /** A handle that the trace owns: a captured tensor, or a large constant. */
  | { readonly kind: "captured"; readonly handle: number }
  /** A value of the enclosing trace (loop bodies). */
  | { readonly kind: "outer"; readonly value: TracedValue };

export type TraceInput = {
  readonly value: number;
  readonly dtype: number;
  readonly shape: readonly number[];
  readonly source: InputSource;
};

/** What became of a trace as a function of the engine. */
export type DefinedTrace = {
  readonly inputs: readonly TraceInput[];
  /** Of its outputs. */
  readonly dtypes: readonly number[];
  readonly operations: readonly (readonly [type: string, count: number])[];
};

export class Trace {
  readonly name: string;
  /** What it is traced for: structure, dtypes and shapes of the arguments. */
  readonly key: string;
  readonly compile: CompileMode;
  readonly precision: Precision;
  readonly inputs: TraceInput[] = [];
  /** Operations with effects, in program order. */
  readonly effects: number[] = [];
  /** Names of functions that the graph's operations call (loop conditions and bodies). */
  readonly functions: string[] = [];
  readonly #addon: Addon;
  readonly #graph: number;
  readonly #parent: Trace | null;
  readonly #captured = new Map<object, TracedValue>();
  readonly #constants = new Map<string, number>();
  /** The bfloat16 form of values; a value that is in bfloat16 itself maps to itself. */
  readonly #halves = new Map<number, number>();
  readonly #widened = new Map<number, number>();
  /** Those that wait for the value that they are multiplied with. */
  readonly #widenedFor = new Map<string, number>();
  /** The operation that makes a value; inputs have none. */
  readonly #makers = new Map<number, number>();

  constructor(
    addon: Addon,
    name: string,
    options: {
      readonly key: string;
      readonly compile: CompileMode;
      readonly precision: Precision;
      readonly parent?: Trace;
    },
  ) {
    this.#addon = addon;
    this.name = name;
    this.key = options.key;
    this.compile = options.compile;
    this.precision = options.precision;
    this.#parent = options.parent ?? null;
    this.#graph = addon.newGraph();
  }

  /** Frees the graph and the handles of captured tensors that are not among `kept`. Defined functions stay. */
  dispose(kept: readonly { readonly source: InputSource }[] = []): void {
    const keep = new Set(kept.map(({ source }) => source));
    for (const { source } of this.inputs) {
      if (source.kind === "captured" && !keep.has(source)) this.#addon.deleteTensor(source.handle);
    }
    this.#addon.deleteGraph(this.#graph);
  }

  placeholder(dtype: number, shape: readonly number[], source: InputSource): TracedValue {
    const attributes: GraphAttribute[] = [
      { name: "dtype", type: this.#addon.TF_ATTR_TYPE, value: dtype, list: false },
      { name: "shape", type: this.#addon.TF_ATTR_SHAPE, value: shape, list: false },
    ];
    const { outputs } = this.#add("Placeholder", [], attributes, []);
    const value = (outputs[0] as GraphValue).value;
    if (dtype === TF.BFLOAT16) this.#halves.set(value, value);
    this.inputs.push({ value, dtype, shape, source });
    return { value, dtype, shape: [...shape], trace: this };
  }

  /** The graph's value for what a tensor holds: a traced value, a constant, or a captured tensor. */
  valueOf(data: TensorData): number {
    if (data.traced !== undefined) return this.resolve(data.traced);
    if (data.values !== null && data.madeInTrace === true) return this.#constant(data);
    const known = this.#captured.get(data);
    if (known !== undefined) return known.value;
    const elements = data.shape.reduce((a, b) => a * b, 1);
    if (data.dtype === TF.INT32 && elements <= SMALL_CONSTANT) {
      const values = data.values ?? native(() => this.#addon.tensorDataSync(data.id));
      return this.#small(data.shape, data.dtype, values as ArrayBufferView);
    }
    return this.resolve(this.capture(data));
  }

  /** The same in a form to compute with, with its dtype and shape. */
  wideValueOf(data: TensorData): TracedValue {
    const dtype = data.dtype === TF.BFLOAT16 ? TF.FLOAT : data.dtype;
    return { value: this.wide(this.valueOf(data)), dtype, shape: data.shape, trace: this };
  }

  /** Makes a tensor that existed before the trace an input; done by the outermost trace. */
  capture(data: TensorData): TracedValue {
    if (this.#parent !== null) return this.#parent.capture(data);
    const known = this.#captured.get(data);
    if (known !== undefined) return known;
    const addon = this.#addon;
    const handle = native(() =>
      data.values !== null
        ? addon.createTensor(data.shape, data.dtype, data.values)
        : (addon.executeOp("Identity", [], [data.id], 1)[0]?.id as number),
    );
    const value = this.placeholder(data.dtype, data.shape, { kind: "captured", handle });
    this.#captured.set(data, value);
    return value;
  }

  /** Adds an operation as one of tfjs's kernels asks for it. */
  operation(
    type: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): GraphValue[] {
    const definition = opDefinition(this.#addon, type);
    if (definition.stateful) this.#checkEffect(type);
    const kept = graphAttributes(definition, attributes);
    const product = isProduct(type);
    const inHalf = product
      ? productPrecision(type, this.precision) === "bf16"
      : movesData(type) && inputs.some((input) => this.#isHalf(input));
    // A loop takes what it uses from outside as it is stored.
    const asStored = inHalf || type === "StatelessWhile";
    const values = inputs.map((input, place) => {
      if (product) return inHalf ? this.half(input) : this.#wideFor(input, inputs[1 - place]);
      return asStored ? input : this.wide(input);
    });
    const last = this.effects.at(-1);
    const controls = definition.stateful && last !== undefined ? [last] : [];
    const added = this.#add(type, groupInputs(definition, values), kept, controls);
    if (definition.stateful) this.effects.push(added.operation);
    const results = added.outputs.slice(0, outputs).map((output) => this.#known(type, output));
    if (product && inHalf) return results.map((result) => this.cast(result.value, TF.FLOAT));
    for (const { value, dtype } of results) if (dtype === TF.BFLOAT16) this.#halves.set(value, value);
    return results;
  }

  cast(value: number, dtype: number): GraphValue {
    const attributes = [{ name: "DstT", type: this.#addon.TF_ATTR_TYPE, value: dtype, list: false }];
    return this.#add("Cast", [value], attributes, []).outputs[0] as GraphValue;
  }

  /** `value` in bfloat16, cast once however often it is used. */
  half(value: number): number {
    let half = this.#halves.get(value);
    if (half === undefined) {
      half = this.cast(value, TF.BFLOAT16).value;
      this.#halves.set(value, half);
    }
    return half;
  }

  /** This trace's input for a value of an enclosing trace. */
  inputFor(outer: TracedValue): TraceInput {
    const value = this.resolve(outer);
    return this.inputs.find((input) => input.value === value) as TraceInput;
  }

  /** A trace for a function that this one calls. It may use this one's values. */
  child(name: string): Trace {
    const { key, compile, precision } = this;
    return new Trace(this.#addon, name, { key, compile, precision, parent: this });
  }

  /** `value` in float32, if it is stored in bfloat16. */
  wide(value: number): number {
    if (!this.#isHalf(value)) return value;
    let wide = this.#widened.get(value);
    if (wide === undefined) {
      wide = this.cast(value, TF.FLOAT).value;
      this.#widened.set(value, wide);
    }
    return wide;
  }

  /** `value` in float32 for a product with `other`, once for each. */
  #wideFor(value: number, other: number | undefined): number {
    if (!this.#isHalf(value) || other === undefined || this.#isHalf(other)) return this.wide(value);
    const key = `${value} for ${other}`;
    let wide = this.#widenedFor.get(key);
    if (wide === undefined) {
      wide = widenedLate(this.#wideningGraph, value, other);
      this.#widenedFor.set(key, wide);
    }
    return wide;
  }

  get #wideningGraph(): WideningGraph {
    return {
      addon: this.#addon,
      compile: this.compile,
      add: (...operation) => this.#add(...operation),
      constant: (...values) => this.#small(...values),
      makerOf: (value) => this.#makers.get(value),
    };
  }

  #isHalf(value: number): boolean {
    return this.#halves.get(value) === value;
  }

  /** Turns the graph into a function of the engine. */
  define(
    name: string,
    outputs: readonly number[],
    options: { readonly inputs?: readonly TraceInput[]; readonly keepInputs?: boolean } = {},
  ): DefinedTrace {
    // An output may be an input or stand twice in the list: an Identity each makes them distinct operations.
    const results = outputs.map((value) => this.#add("Identity", [value], [], []).outputs[0] as GraphValue);
    const inputs = options.inputs ?? this.inputs;
    const defined = native(() =>
      this.#addon.defineFunction(
        this.#graph,
        name,
        inputs.map((input) => input.value),
        results.map((result) => result.value),
        this.effects.slice(-1),
        options.keepInputs ?? false,
      ),
    );
    return {
      inputs: defined.inputs.map((index) => inputs[index] as TraceInput),
      dtypes: results.map((result) => result.dtype),
      operations: defined.operations,
    };
  }

  /** This trace's value for a traced value of its own or of an enclosing trace. */
  resolve(traced: TracedValue): number {
    if (traced.trace === this) return traced.value;
    for (let outer = this.#parent; outer !== null; outer = outer.#parent) {
      if (outer !== traced.trace) continue;
      let mine = this.#captured.get(traced);
      if (mine === undefined) {
        mine = this.placeholder(traced.dtype, traced.shape, { kind: "outer", value: traced });
        this.#captured.set(traced, mine);
      }
      return mine.value;
    }
    throw new EngineError(
      "EASEL_ENGINE_STALE_TRACED_TENSOR",
      `${this.name} uses a tensor made while ${traced.trace.name} was traced, which never had a value. Return it ` +
        "from that function and pass the result as an argument.",
    );
  }

  #constant(data: TensorData): number {
    const { values, shape, dtype } = data;
    if (dtype === TF.STRING || !ArrayBuffer.isView(values)) {
      throw new EngineError(
        "EASEL_ENGINE_STRING_IN_TRACE",
        `${this.name} makes a string tensor: strings cannot be used inside a jitted function.`,
      );
    }
    const elements = shape.reduce((a, b) => a * b, 1);
    if (elements <= SMALL_CONSTANT) return this.#small(shape, dtype, values);
    const uniform = uniformElement(values, elements);
    if (uniform !== null) return this.#fill(shape, dtype, uniform);
    if (values.byteLength > LARGE_CONSTANT_BYTES) return this.resolve(this.capture(data));
    return this.#addConstant(shape, dtype, values);
  }

  #small(shape: readonly number[], dtype: number, values: ArrayBufferView): number {
    const key = `${dtype}[${shape}]${bytesOf(values)}`;
    let value = this.#constants.get(key);
    if (value === undefined) {
      value = this.#addConstant(shape, dtype, values);
      this.#constants.set(key, value);
    }
    return value;
  }

  #fill(shape: readonly number[], dtype: number, element: Uint8Array): number {
    const dims = this.#small([shape.length], TF.INT32, Int32Array.from(shape));
    const value = this.#small([], dtype, element);
    return (this.#add("Fill", [dims, value], [], []).outputs[0] as GraphValue).value;
  }

  #addConstant(shape: readonly number[], dtype: number, values: ArrayBufferView): number {
    const { outputs } = native(() => this.#addon.graphConstant(this.#graph, shape, dtype, values));
    return (outputs[0] as GraphValue).value;
  }

  #add(
    type: string,
    inputs: readonly (number | readonly number[])[],
    attributes: readonly GraphAttribute[],
    controls: readonly number[],
  ): GraphOperation {
    const added = native(() => this.#addon.graphOperation(this.#graph, type, inputs, attributes, controls));
    if (type !== "Placeholder")
      for (const { value } of added.outputs) this.#makers.set(value, added.operation);
    return added;
  }

  #checkEffect(type: string): void {
    if (
      /^(Random|Multinomial|Truncated|ParameterizedTruncated|StatefulStandard|StatefulUniform)/.test(type)
    ) {
      throw new EngineError(
        "EASEL_ENGINE_RANDOM_IN_TRACE",
        `${this.name} uses ${type}, whose numbers cannot be repeated: use randomUniform or randomNormal of ` +
          "@easel/engine with a key and a counter that are tensors.",
      );
    }
  }

  #known(type: string, value: GraphValue): GraphValue {
    if (value.shape === null || value.shape.some((size) => size < 0)) {
      throw new EngineError(
        "EASEL_ENGINE_DYNAMIC_SHAPE",
        `${this.name} uses ${type}, whose result's shape depends on values ([${value.shape ?? "unknown"}]): ` +
          "every shape must follow from the shapes of the arguments. Use a mask or tf.where instead.",
      );
    }
    return value;
  }
}
