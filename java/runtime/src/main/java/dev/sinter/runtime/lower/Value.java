// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import java.nio.ByteBuffer;
import java.util.function.Supplier;

/**
 * Memory that steps read and write: a model input or output, a constant, or a place in the arena.
 */
public final class Value {
  /** Where the memory is. */
  public enum Place {
    ARENA,
    INPUT,
    OUTPUT,
    CONSTANT
  }

  private final String name;
  private final long bytes;
  private Place place;
  private int number;
  private final Supplier<ByteBuffer> constant;
  private long offset = -1;
  private boolean state;
  private int fill;

  private Value(String name, long bytes, Place place, int number, Supplier<ByteBuffer> constant) {
    this.name = name;
    this.bytes = bytes;
    this.place = place;
    this.number = number;
    this.constant = constant;
  }

  /** A new place in the arena. */
  public static Value arena(String name, long bytes) {
    return new Value(name, bytes, Place.ARENA, -1, null);
  }

  /**
   * A place in the arena that keeps its bytes from run to run.
   *
   * @param fill the byte it holds everywhere before the first run
   */
  static Value state(String name, long bytes, int fill) {
    Value value = arena(name, bytes);
    value.state = true;
    value.fill = fill;
    return value;
  }

  static Value input(String name, long bytes, int binding) {
    return new Value(name, bytes, Place.INPUT, binding, null);
  }

  static Value output(String name, long bytes, int binding) {
    return new Value(name, bytes, Place.OUTPUT, binding, null);
  }

  static Value constant(String name, long bytes, int tensor, Supplier<ByteBuffer> constant) {
    return new Value(name, bytes, Place.CONSTANT, tensor, constant);
  }

  /** A constant that stands in no model. */
  static Value literal(String name, ByteBuffer bytes) {
    return new Value(name, bytes.remaining(), Place.CONSTANT, -1, bytes::duplicate);
  }

  /** Makes a value of the arena the place of an output: its producer writes there directly. */
  void becomeOutput(int newBinding) {
    place = Place.OUTPUT;
    number = newBinding;
  }

  public String name() {
    return name;
  }

  public long bytes() {
    return bytes;
  }

  public Place place() {
    return place;
  }

  /**
   * Number of the input or output among all bindings, inputs first, then outputs; of a constant:
   * its tensor.
   */
  public int number() {
    return number;
  }

  /** The bytes of a constant. */
  public ByteBuffer constant() {
    return constant.get();
  }

  /** Whether it lives from run to run. */
  public boolean isState() {
    return state;
  }

  /** The byte that a state holds everywhere before the first run. */
  public int fill() {
    return fill;
  }

  /** Offset in the arena, after planning. */
  public long offset() {
    return offset;
  }

  /** Sets the place in the arena. */
  public void setOffset(long newOffset) {
    offset = newOffset;
  }

  @Override
  public String toString() {
    return name + " " + place + " " + bytes;
  }
}
