// How a model is run: immutable, made by a builder.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** How a model is run. Immutable. */
public final class Options {
  /** One thread, the best kernels of this machine, no profile. */
  public static final Options DEFAULT = builder().build();

  private final int threads;
  private final String isa;
  private final Target target;
  private final Numerics numerics;
  private final boolean profile;
  private final boolean bf16;
  private final Device device;
  private final boolean requireDevice;
  private final Map<String, CustomOp> customOps;

  private Options(Builder b) {
    threads = b.threads;
    isa = b.isa;
    target = b.target;
    numerics = b.numerics;
    profile = b.profile;
    bf16 = b.bf16;
    device = b.device;
    requireDevice = b.requireDevice;
    customOps = Map.copyOf(b.customOps);
  }

  /**
   * Starts with the defaults.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Starts with these options.
   *
   * @return a builder
   */
  public Builder toBuilder() {
    Builder builder = builder().threads(threads).numerics(numerics).profile(profile).bf16(bf16);
    builder.device(device).requireDevice(requireDevice);
    builder.isa = isa;
    builder.target = target;
    builder.customOps.putAll(customOps);
    return builder;
  }

  /**
   * Returns how many threads a run may use, the caller's included; 0 means all cores.
   *
   * @return the number
   */
  public int threads() {
    return threads;
  }

  /**
   * Returns the instruction set that kernels may use at most.
   *
   * @return a name such as {@code avx2}, or null for the best of this machine
   */
  public String isa() {
    return isa;
  }

  /**
   * Returns the machine that kernels are chosen for.
   *
   * @return a target, or null for {@link Target#local()}
   */
  public Target target() {
    return target;
  }

  /**
   * Returns whose arithmetic is used.
   *
   * @return {@link Numerics#TFLITE} unless set otherwise
   */
  public Numerics numerics() {
    return numerics;
  }

  /**
   * Tells whether sessions take the time of every step.
   *
   * @return true if they do
   */
  public boolean profile() {
    return profile;
  }

  /**
   * Tells whether products of floats are computed in bfloat16.
   *
   * @return false unless set otherwise
   */
  public boolean bf16() {
    return bf16;
  }

  /**
   * Returns the device that steps run on where it has kernels for them.
   *
   * @return {@link Device#CPU} unless set otherwise
   */
  public Device device() {
    return device;
  }

  /**
   * Tells whether a device that cannot be used is an error.
   *
   * @return false unless set otherwise: the processor runs the model then
   */
  public boolean requireDevice() {
    return requireDevice;
  }

  /**
   * Returns the ops written in Java.
   *
   * @return by name
   */
  public Map<String, CustomOp> customOps() {
    return customOps;
  }

  @Override
  public String toString() {
    return "Options[threads="
        + threads
        + ", isa="
        + (isa == null ? "best" : isa)
        + ", numerics="
        + numerics
        + ", profile="
        + profile
        + ", device="
        + device.label()
        + ", customOps="
        + customOps.keySet().stream().sorted().toList()
        + "]";
  }

  /** Makes {@link Options}. */
  public static final class Builder {
    private int threads = 1;
    private String isa;
    private Target target;
    private Numerics numerics = Numerics.TFLITE;
    private boolean profile;
    private boolean bf16;
    private Device device = Device.CPU;
    private boolean requireDevice;
    private final Map<String, CustomOp> customOps = new HashMap<>();

    private Builder() {}

    /**
     * Sets how many threads a run may use. More than one borrows idle workers from a set that the
     * process shares; a run never waits for them. Default 1: the caller's thread alone.
     *
     * @param value at least 1, or 0 for all cores
     * @return this
     */
    public Builder threads(int value) {
      if (value < 0) {
        throw new SinterException(Status.INVALID_ARGUMENT, "threads " + value + " is negative");
      }
      threads = value;
      return this;
    }

    /**
     * Sets the instruction set that kernels may use at most, as the environment variable SINTER_ISA
     * does for the whole process.
     *
     * @param value {@code reference}, {@code avx2}, {@code avx512_vnni}, {@code dotprod}, ...
     * @return this
     */
    public Builder isa(String value) {
      isa = Objects.requireNonNull(value);
      return this;
    }

    /**
     * Sets what kernels are chosen by: this machine with the costs of a file, {@code
     * Target.local().withCosts(file)}.
     *
     * @param value made from {@link Target#local()}; null for that itself
     * @return this
     */
    public Builder target(Target value) {
      target = value;
      return this;
    }

    /**
     * Sets whose arithmetic is used.
     *
     * @param value the numerics
     * @return this
     */
    public Builder numerics(Numerics value) {
      numerics = Objects.requireNonNull(value);
      return this;
    }

    /**
     * Turns the profile on or off; it costs two clock readings per step.
     *
     * @param value whether sessions take the time of every step
     * @return this
     */
    public Builder profile(boolean value) {
      profile = value;
      return this;
    }

    /**
     * Computes products of floats in bfloat16: weights of fully connected layers, convolutions (not
     * depthwise and transposed ones) and matrix products are rounded to it when they are packed,
     * activations on the way; sums, and all other ops, stay in float. Weights take half the memory.
     * It is faster on CPUs with AVX-512 BF16 instructions, and where weights come from DRAM; on
     * others it is not, but computes the same. Outputs keep two to three significant digits;
     * docs/numerics.md, {@code bf16}, says what was measured. Default false.
     *
     * @param value whether it does
     * @return this
     */
    public Builder bf16(boolean value) {
      bf16 = value;
      return this;
    }

    /**
     * Runs the model on a device. Steps without a kernel there run on the processor, and so does
     * the whole model where the device cannot be used: no library, no driver, no hardware. {@link
     * Model#device()} and {@link Model#deviceMessage()} tell, {@link Model#report()} step by step.
     *
     * @param value the device
     * @return this
     */
    public Builder device(Device value) {
      device = Objects.requireNonNull(value);
      return this;
    }

    /**
     * Makes it an error when the device cannot be used. Single steps without a kernel there still
     * run on the processor.
     *
     * @param value whether loading a model fails then, with {@link Status#UNSUPPORTED}
     * @return this
     */
    public Builder requireDevice(boolean value) {
      requireDevice = value;
      return this;
    }

    /**
     * Registers an op written in Java: a custom op, or one in place of a builtin of that name.
     *
     * @param op the op; replaces one of the same name
     * @return this
     */
    public Builder customOp(CustomOp op) {
      customOps.put(op.name(), op);
      return this;
    }

    /**
     * Makes the options.
     *
     * @return immutable options
     */
    public Options build() {
      return new Options(this);
    }
  }
}
