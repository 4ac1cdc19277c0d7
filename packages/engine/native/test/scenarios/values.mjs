// Scenarios of single tensors and ops: made, read, freed, refused. Each is one process (see one.mjs).
import assert from "node:assert/strict";
import { addon, floats, refused, tensor } from "./addon.mjs";

/** Tensors of every dtype there and back, also empty ones and scalars, and counts that return to zero. */
export function tensors() {
  const cases = [
    [addon.TF_FLOAT, [2, 3], Float32Array.of(1, 2, 3, 4, 5, -0.5)],
    [addon.TF_FLOAT, [], Float32Array.of(7)],
    [addon.TF_FLOAT, [3, 0, 2], new Float32Array(0)],
    [addon.TF_INT32, [2], Int32Array.of(-1, 2 ** 31 - 1)],
    [addon.TF_INT64, [2], BigInt64Array.of(-1n, 2n ** 62n)],
    [addon.TF_BOOL, [3], Uint8Array.of(1, 0, 1)],
    [addon.TF_UINT8, [2, 2], Uint8Array.of(0, 1, 2, 255)],
    [addon.TF_BFLOAT16, [2], Uint16Array.of(0x3f80, 0xbf80)],
    [addon.TF_HALF, [1], Uint16Array.of(0x3c00)],
    [addon.TF_COMPLEX64, [1], Float32Array.of(1, -1)],
    [addon.TF_UINT64, [1], BigUint64Array.of(2n ** 63n)],
  ];
  for (let round = 0; round < 50; round++) {
    for (const [dtype, shape, values] of cases) {
      const id = addon.createTensor(shape, dtype, values);
      assert.deepEqual(addon.tensorDataSync(id), values);
      addon.deleteTensor(id);
    }
  }
  // Longer and shorter than what TensorFlow keeps inside the string itself.
  const texts = ["", "short", "x".repeat(10_000)].map((text) => new TextEncoder().encode(text));
  for (let round = 0; round < 50; round++) {
    for (const values of [texts, texts.slice(1), []]) {
      const id = addon.createTensor([values.length], addon.TF_STRING, values);
      assert.deepEqual(addon.tensorDataSync(id), values);
      addon.deleteTensor(id);
    }
  }
  assert.deepEqual(addon.tensorCounts(), { handles: 0, sizeBytes: 0 });
}

/** Views into larger buffers are read where they begin, and no further than they reach. */
export function views() {
  const whole = Float32Array.of(0, 1, 2, 3, 4, 5);
  const id = tensor([2], addon.TF_FLOAT, whole.subarray(3, 5));
  assert.deepEqual(floats(id), [3, 4]);
  const exact = tensor([1], addon.TF_FLOAT, new Float32Array(new ArrayBuffer(4)));
  assert.deepEqual(floats(exact), [0]);
  for (const made of [id, exact]) addon.deleteTensor(made);
}

/** What cannot be a tensor is refused by name, and nothing is left behind. */
export function badTensors() {
  const { TF_FLOAT, TF_STRING, TF_RESOURCE } = addon;
  refused(() => addon.createTensor([3], TF_FLOAT, Float32Array.of(1, 2)), /8 bytes.*take 12/);
  refused(() => addon.createTensor([-1], TF_FLOAT, new Float32Array(0)), /negative/);
  refused(() => addon.createTensor([2 ** 40, 2 ** 40], TF_FLOAT, new Float32Array(1)), /too large/);
  refused(() => addon.createTensor([1], 1234, new Float32Array(1)), /dtype 1234/);
  refused(() => addon.createTensor([1], TF_RESOURCE, new Uint8Array(0)), /dtype 20/);
  refused(() => addon.createTensor([2], TF_STRING, [new Uint8Array(1)]), /do not fit/);
  refused(() => addon.createTensor([2], TF_STRING, [new Uint8Array(1), "text"]), /typed array/);
  refused(() => addon.createTensor([1], TF_FLOAT, [1]), /typed array/);
  refused(() => addon.createTensor("1", TF_FLOAT, new Float32Array(1)), /array/);
  refused(() => addon.createTensor(["a"], TF_FLOAT, new Float32Array(1)), /integer/);
  refused(() => addon.createTensor([1]), /missing argument/);
  refused(() => addon.tensorDataSync(12), /no tensor with id 12/);
  assert.equal(addon.tensorCounts().handles, 0);
}

/** A tensor that was disposed is refused by each function that takes one. */
export function useAfterDispose() {
  const kept = tensor([2], addon.TF_FLOAT, Float32Array.of(1, 2));
  const gone = tensor([2], addon.TF_FLOAT, Float32Array.of(1, 2));
  addon.deleteTensor(gone);
  const already = /already disposed|no tensor/;
  refused(() => addon.deleteTensor(gone), already);
  refused(() => addon.tensorDataSync(gone), already);
  refused(() => addon.executeOp("AddV2", [], [kept, gone], 1), already);
  refused(() => addon.executeOpAsync("AddV2", [], [kept, gone], 1), already);
  assert.deepEqual(floats(kept), [1, 2]);
  // Two handles over one buffer: freeing the first leaves the second whole.
  const [{ id: alias }] = addon.executeOp("Identity", [], [kept], 1);
  addon.deleteTensor(kept);
  assert.deepEqual(floats(alias), [1, 2]);
  addon.deleteTensor(alias);
}

/** Ops with attributes of each kind, with several results, with lists. */
export function ops() {
  const { TF_ATTR_BOOL, TF_ATTR_FLOAT, TF_ATTR_INT, TF_ATTR_SHAPE, TF_ATTR_STRING, TF_ATTR_TYPE, TF_FLOAT } =
    addon;
  const one = (name, attributes, inputs) => addon.executeOp(name, attributes, inputs, 1)[0].id;
  const freed = (...ids) => {
    for (const id of ids) addon.deleteTensor(id);
  };
  for (let round = 0; round < 20; round++) {
    const x = tensor([2, 2], TF_FLOAT, Float32Array.of(1, 2, 3, 4));
    const transposed = [{ name: "transpose_b", type: TF_ATTR_BOOL, value: true }];
    const product = one("MatMul", transposed, [x, x]);
    assert.deepEqual(floats(product), [5, 11, 11, 25]);
    const leaky = one("LeakyRelu", [{ name: "alpha", type: TF_ATTR_FLOAT, value: 0.5 }], [x]);
    const wide = one("Cast", [{ name: "DstT", type: TF_ATTR_TYPE, value: addon.TF_INT32 }], [x]);
    const axis = tensor([], addon.TF_INT32, Int32Array.of(1));
    const split = addon.executeOp(
      "Split",
      [{ name: "num_split", type: TF_ATTR_INT, value: 2 }],
      [axis, x],
      2,
    );
    assert.deepEqual(
      split.map(({ id, shape }) => [shape, floats(id)]),
      [
        [
          [2, 1],
          [1, 3],
        ],
        [
          [2, 1],
          [2, 4],
        ],
      ],
    );
    const image = tensor([1, 2, 2, 1], TF_FLOAT, Float32Array.of(1, 2, 3, 4));
    const filter = tensor([1, 1, 1, 1], TF_FLOAT, Float32Array.of(2));
    const convolution = [
      { name: "strides", type: TF_ATTR_INT, value: [1, 1, 1, 1] },
      { name: "padding", type: TF_ATTR_STRING, value: "SAME" },
      { name: "data_format", type: TF_ATTR_STRING, value: new TextEncoder().encode("NHWC") },
    ];
    const filtered = one("Conv2D", convolution, [image, filter]);
    assert.deepEqual(floats(filtered), [2, 4, 6, 8]);
    const squeezed = one("Squeeze", [{ name: "squeeze_dims", type: TF_ATTR_INT, value: 0 }], [image]);
    const handle = one(
      "VarHandleOp",
      [
        { name: "dtype", type: TF_ATTR_TYPE, value: TF_FLOAT },
        { name: "shape", type: TF_ATTR_SHAPE, value: [2, 2] },
        { name: "shared_name", type: TF_ATTR_STRING, value: null },
      ],
      [],
    );
    freed(
      x,
      product,
      leaky,
      wide,
      axis,
      ...split.map(({ id }) => id),
      image,
      filter,
      filtered,
      squeezed,
      handle,
    );
  }
  assert.equal(addon.tensorCounts().handles, 0);
}

/** Ops that TensorFlow or the addon refuses: an error each, and the next op works. */
export function badOps() {
  const x = tensor([2], addon.TF_FLOAT, Float32Array.of(1, 2));
  const y = tensor([3], addon.TF_FLOAT, Float32Array.of(1, 2, 3));
  const run = (name, attributes, inputs, outputs) => () => addon.executeOp(name, attributes, inputs, outputs);
  refused(run("AddV2", [], [x, y], 1), /Incompatible shapes/);
  refused(run("NoSuchOp", [], [x], 1), /NoSuchOp/);
  refused(run("AddV2", [], [x], 1), /AddV2/);
  refused(run("MatMul", [], [x, x], 1), /MatMul|In\[0\]/);
  refused(run("AddV2", [], [x, x], 0), /./);
  refused(run("AddV2", [], [x, x], -1), /outputs/);
  assert.equal(run("AddV2", [], [x, x], 3)().length, 1);
  refused(run("Cast", [{ name: "DstT", type: 99, value: 1 }], [x], 1), /unknown attribute type 99/);
  refused(run("Cast", [{ name: "DstT", type: addon.TF_ATTR_TYPE, value: 1234 }], [x], 1), /1234|Cast/);
  refused(run("Cast", [{ name: "DstT", type: addon.TF_ATTR_TYPE, value: [1, 3] }], [x], 1), /one value/);
  refused(run("Cast", [{ name: "DstT", type: addon.TF_ATTR_FLOAT, value: 1 }], [x], 1), /Cast/);
  refused(run("Cast", [{ name: "DstT", type: addon.TF_ATTR_FUNC, value: [] }], [x], 1), /one value|Cast/);
  refused(run("Cast", [{ name: "DstT", type: addon.TF_ATTR_TYPE, value: "float" }], [x], 1), /integer/);
  refused(run("Cast", [{}], [x], 1), /string/);
  refused(run("Cast", "none", [x], 1), /array/);
  refused(run(7, [], [x], 1), /string/);
  const [{ id: sum }] = addon.executeOp("AddV2", [], [x, x], 1);
  assert.deepEqual(floats(sum), [2, 4]);
}
