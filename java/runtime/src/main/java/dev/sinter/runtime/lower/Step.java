// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** One kernel call to be: an op of the native library with all its parameters, before selection. */
public final class Step {
  // The contract's numbers for activations that stay floats (native/src/kernels/gemm/dynamic.h).
  private static final int WEIGHT_ONLY = 5;
  private static final int WEIGHT_ONLY_BF16 = 6;

  private final String op;
  private List<String> types;
  private final int opIndex;
  private final String label;
  private final Map<String, Number> params = new LinkedHashMap<>();
  private final List<Value> slots = new ArrayList<>();
  private final List<Supplier<ByteBuffer>> sources = new ArrayList<>();
  private Object sourceKey;
  private Supplier<ByteBuffer> floats;
  private List<Supplier<ByteBuffer>> bytes;
  private double work;

  /**
   * Starts a step.
   *
   * @param op the native op
   * @param opIndex index of the op in the model, for messages
   * @param label what the step is in the model's words
   * @param types element types per slot, as the catalogue writes them
   */
  Step(String op, int opIndex, String label, String... types) {
    this.op = op;
    this.opIndex = opIndex;
    this.label = label;
    this.types = List.of(types);
    if (op.equals("gemm")) {
      set("pattern", 0); // nothing is known about the weights' zeros yet
    }
  }

  /** The change of layout in front of or behind a matrix product. */
  public static Step conversion(Step gemm, boolean input, int pixels, int channels) {
    String label = (input ? "to" : "from") + " planar quads";
    return new Step("layout", gemm.opIndex, label, "s8", "s8")
        .set("height", 1)
        .set("width", pixels)
        .set("channels", channels)
        .set("pitch", pixels)
        .set("fill", input ? gemm.param("a_zero_point") : gemm.param("out_zero_point"))
        .work((double) pixels * channels);
  }

  /**
   * A matrix product of its own, without slots; rows and bounds are the caller's to set.
   *
   * @param types of A, W and C
   * @param constants W, bias and scales; null for an absent one
   */
  public static Step product(
      List<String> types, int n, int k, List<Supplier<ByteBuffer>> constants) {
    return new Step("gemm", 0, "product by " + k + "x" + n, types.toArray(String[]::new))
        .set("n", n)
        .set("k", k)
        .set("lda", k)
        .set("ldc", n)
        .set("requantization", 0)
        .set("dynamic", 0)
        .set("block", 0)
        .weights("weights", constants);
  }

  /** Sets a parameter, replacing what it was. */
  public Step set(String field, Number value) {
    params.put(field, value);
    return this;
  }

  /** Sets d0, d1, ... of a family of fields. */
  Step setAll(String prefix, int... values) {
    for (int i = 0; i < values.length; i++) {
      params.put(prefix + i, values[i]);
    }
    return this;
  }

  /** Sets the scales and bounds of the native op `binary` for operands that are not quantized. */
  Step setUnscaled() {
    return set("a_scale", 0f)
        .set("a_zero_point", 0)
        .set("b_scale", 0f)
        .set("b_zero_point", 0)
        .set("out_scale", 0f)
        .set("out_zero_point", 0)
        .set("out_min", 0)
        .set("out_max", 0)
        .set("act_min", Float.NEGATIVE_INFINITY)
        .set("act_max", Float.POSITIVE_INFINITY);
  }

  /** Adds the next slot. */
  public Step slot(Value value) {
    slots.add(value);
    return this;
  }

  /**
   * The slot of packed weights.
   *
   * @param key equal for equal constants
   * @param constants asked for only when the weights are packed; null stands for an absent one
   */
  Step weights(Object key, List<Supplier<ByteBuffer>> constants) {
    slots.add(null);
    sourceKey = key;
    sources.addAll(constants);
    return this;
  }

  Step work(double newWork) {
    work = newWork;
    return this;
  }

  /** Gives a slot another value. */
  public void replaceSlot(int index, Value value) {
    slots.set(index, value);
  }

  /** Of a product by weights as they are stored: what they are as floats. */
  Step floats(Supplier<ByteBuffer> weights) {
    floats = weights;
    return this;
  }

  /** Of a product by weights that are widened to floats: the constants as int8, if they are. */
  Step bytes(List<Supplier<ByteBuffer>> constants) {
    bytes = constants;
    return this;
  }

  /** Has weights that are known as floats widened when they are packed, not on the way. */
  public void useFloats() {
    bytes = null;
    if (floats != null) {
      types = List.of("f32", "f32", "f32");
      sources.set(0, floats);
      sources.set(2, null);
      set("dynamic", 0);
      floats = null;
    }
  }

  /** Has a product of floats computed in bfloat16, where a kernel op offers that. */
  public void useBfloat16() {
    if (bytes != null) {
      types = List.of("f32", "s8", "f32");
      sources.clear();
      sources.addAll(bytes);
      bytes = null;
      set("dynamic", WEIGHT_ONLY);
    }
    if (types.equals(List.of("f32", "s8", "f32"))
        && (op.equals("gemm") || op.equals("conv"))
        && param("dynamic") == WEIGHT_ONLY) {
      floats = null; // int8 is exact as bfloat16, whenever it is widened
      set("dynamic", WEIGHT_ONLY_BF16);
      return;
    }
    useFloats(); // which it rounds
    if (types.equals(List.of("f32", "f16", "f32"))) {
      types = List.of("f32", "bf16", "f32");
      Supplier<ByteBuffer> halves = sources.get(0);
      sources.set(0, () -> StoredWeights.floats(halves.get()));
      return;
    }
    if (!types.equals(List.of("f32", "f32", "f32"))) {
      return;
    }
    switch (op) {
      case "gemm", "conv" -> types = List.of("f32", "bf16", "f32");
      case "batch_matmul" -> set("bf16", 1);
      default -> {}
    }
  }

  /** Whether float activations are rounded to bfloat16 on the way to weights of int8. */
  public boolean isBfloat16ByBytes() {
    return types.equals(List.of("f32", "s8", "f32"))
        && params.getOrDefault("dynamic", 0).intValue() == WEIGHT_ONLY_BF16;
  }

  /** Gives a slot another element type. */
  public void changeType(int slot, String type) {
    List<String> changed = new ArrayList<>(types);
    changed.set(slot, type);
    types = List.copyOf(changed);
  }

  public String op() {
    return op;
  }

  public List<String> types() {
    return types;
  }

  public int opIndex() {
    return opIndex;
  }

  public String label() {
    return label;
  }

  public Map<String, Number> params() {
    return params;
  }

  public int param(String field) {
    return params.get(field).intValue();
  }

  /** Per slot; null where packed weights go. */
  public List<Value> slots() {
    return slots;
  }

  /** How many constants the packed weights are made from, absent ones included. */
  public int sourceCount() {
    return sources.size();
  }

  /** One of the constants, dense and row-major; null for an absent one. */
  public ByteBuffer source(int index) {
    Supplier<ByteBuffer> source = index < sources.size() ? sources.get(index) : null;
    return source == null ? null : source.get();
  }

  /** Names the constants: steps with equal keys and parameters share packed weights. */
  public Object sourceKey() {
    return sourceKey;
  }

  /** Multiply-accumulates, or elements for ops without products. */
  public double work() {
    return work;
  }
}
