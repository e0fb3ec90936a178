// Inputs and outputs of a session by way of arrays, real values and strings.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Strings;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * What {@link Session} offers beside its buffers. Arrays have exactly as many elements as the
 * tensor, row-major; nothing is allocated where the caller brings the array. They go to and come
 * from the memory that a run uses: the session's own, or what is bound.
 */
abstract class SessionTensors {
  SessionTensors() {}

  abstract String modelName();

  abstract TensorInfo inputInfo(int index);

  abstract TensorInfo outputInfo(int index);

  /** What the next run reads. */
  abstract ByteBuffer inputMemory(int index);

  /** What the last run wrote. */
  abstract ByteBuffer outputMemory(int index);

  abstract void setPacked(int index, ByteBuffer packed);

  /** A view of one tensor's memory as its own type, kept so that access allocates nothing. */
  private static final class View {
    private ByteBuffer of;
    private Buffer typed;
  }

  private final List<View> inputViews = new ArrayList<>();
  private final List<View> outputViews = new ArrayList<>();

  @SuppressWarnings("ReferenceEquality") // which memory, not what it holds
  private Buffer view(boolean input, int index, Function<ByteBuffer, Buffer> make) {
    ByteBuffer memory = input ? inputMemory(index) : outputMemory(index);
    List<View> views = input ? inputViews : outputViews;
    while (views.size() <= index) {
      views.add(new View());
    }
    View view = views.get(index);
    if (view.of != memory) {
      view.of = memory;
      view.typed = make.apply(memory);
    }
    return view.typed.clear();
  }

  private FloatBuffer floats(boolean input, int index) {
    return (FloatBuffer) view(input, index, ByteBuffer::asFloatBuffer);
  }

  private IntBuffer ints(boolean input, int index) {
    return (IntBuffer) view(input, index, ByteBuffer::asIntBuffer);
  }

  private LongBuffer longs(boolean input, int index) {
    return (LongBuffer) view(input, index, ByteBuffer::asLongBuffer);
  }

  private ShortBuffer shorts(boolean input, int index) {
    return (ShortBuffer) view(input, index, ByteBuffer::asShortBuffer);
  }

  /**
   * Finds an input.
   *
   * @param name name in the model file, or in the signature
   * @return its position
   */
  public abstract int inputIndex(String name);

  /**
   * Finds an output.
   *
   * @param name name in the model file, or in the signature
   * @return its position
   */
  public abstract int outputIndex(String name);

  /**
   * Sets an input of type float.
   *
   * @param index position in the model's inputs
   * @param values its elements as they are stored
   */
  public void setInput(int index, float[] values) {
    require(true, index, values.length, "float[]", ElementType.FLOAT32, null);
    floats(true, index).put(values);
  }

  /**
   * Sets an input of type float.
   *
   * @param name name in the model file, or in the signature
   * @param values its elements as they are stored
   */
  public void setInput(String name, float[] values) {
    setInput(inputIndex(name), values);
  }

  /**
   * Copies an output of type float of the last run.
   *
   * @param index position in the model's outputs
   * @param into gets its elements as they are stored
   */
  public void getOutput(int index, float[] into) {
    require(false, index, into.length, "float[]", ElementType.FLOAT32, null);
    floats(false, index).get(into);
  }

  /**
   * Copies an output of type float of the last run.
   *
   * @param name name in the model file, or in the signature
   * @param into gets its elements as they are stored
   */
  public void getOutput(String name, float[] into) {
    getOutput(outputIndex(name), into);
  }

  /**
   * Sets an input of type int32 or uint32.
   *
   * @param index position in the model's inputs
   * @param values its elements as they are stored
   */
  public void setInput(int index, int[] values) {
    require(true, index, values.length, "int[]", ElementType.INT32, ElementType.UINT32);
    ints(true, index).put(values);
  }

  /**
   * Sets an input of type int32 or uint32.
   *
   * @param name name in the model file, or in the signature
   * @param values its elements as they are stored
   */
  public void setInput(String name, int[] values) {
    setInput(inputIndex(name), values);
  }

  /**
   * Copies an output of type int32 or uint32 of the last run.
   *
   * @param index position in the model's outputs
   * @param into gets its elements as they are stored
   */
  public void getOutput(int index, int[] into) {
    require(false, index, into.length, "int[]", ElementType.INT32, ElementType.UINT32);
    ints(false, index).get(into);
  }

  /**
   * Copies an output of type int32 or uint32 of the last run.
   *
   * @param name name in the model file, or in the signature
   * @param into gets its elements as they are stored
   */
  public void getOutput(String name, int[] into) {
    getOutput(outputIndex(name), into);
  }

  /**
   * Sets an input of type int64 or uint64.
   *
   * @param index position in the model's inputs
   * @param values its elements as they are stored
   */
  public void setInput(int index, long[] values) {
    require(true, index, values.length, "long[]", ElementType.INT64, ElementType.UINT64);
    longs(true, index).put(values);
  }

  /**
   * Sets an input of type int64 or uint64.
   *
   * @param name name in the model file, or in the signature
   * @param values its elements as they are stored
   */
  public void setInput(String name, long[] values) {
    setInput(inputIndex(name), values);
  }

  /**
   * Copies an output of type int64 or uint64 of the last run.
   *
   * @param index position in the model's outputs
   * @param into gets its elements as they are stored
   */
  public void getOutput(int index, long[] into) {
    require(false, index, into.length, "long[]", ElementType.INT64, ElementType.UINT64);
    longs(false, index).get(into);
  }

  /**
   * Copies an output of type int64 or uint64 of the last run.
   *
   * @param name name in the model file, or in the signature
   * @param into gets its elements as they are stored
   */
  public void getOutput(String name, long[] into) {
    getOutput(outputIndex(name), into);
  }

  /**
   * Sets an input of type int16 or uint16.
   *
   * @param index position in the model's inputs
   * @param values its elements as they are stored
   */
  public void setInput(int index, short[] values) {
    require(true, index, values.length, "short[]", ElementType.INT16, ElementType.UINT16);
    shorts(true, index).put(values);
  }

  /**
   * Sets an input of type int16 or uint16.
   *
   * @param name name in the model file, or in the signature
   * @param values its elements as they are stored
   */
  public void setInput(String name, short[] values) {
    setInput(inputIndex(name), values);
  }

  /**
   * Copies an output of type int16 or uint16 of the last run.
   *
   * @param index position in the model's outputs
   * @param into gets its elements as they are stored
   */
  public void getOutput(int index, short[] into) {
    require(false, index, into.length, "short[]", ElementType.INT16, ElementType.UINT16);
    shorts(false, index).get(into);
  }

  /**
   * Copies an output of type int16 or uint16 of the last run.
   *
   * @param name name in the model file, or in the signature
   * @param into gets its elements as they are stored
   */
  public void getOutput(String name, short[] into) {
    getOutput(outputIndex(name), into);
  }

  /**
   * Sets an input of type int8 or uint8.
   *
   * @param index position in the model's inputs
   * @param values its elements as they are stored
   */
  public void setInput(int index, byte[] values) {
    require(true, index, values.length, "byte[]", ElementType.INT8, ElementType.UINT8);
    inputMemory(index).put(0, values);
  }

  /**
   * Sets an input of type int8 or uint8.
   *
   * @param name name in the model file, or in the signature
   * @param values its elements as they are stored
   */
  public void setInput(String name, byte[] values) {
    setInput(inputIndex(name), values);
  }

  /**
   * Copies an output of type int8 or uint8 of the last run.
   *
   * @param index position in the model's outputs
   * @param into gets its elements as they are stored
   */
  public void getOutput(int index, byte[] into) {
    require(false, index, into.length, "byte[]", ElementType.INT8, ElementType.UINT8);
    outputMemory(index).get(0, into);
  }

  /**
   * Copies an output of type int8 or uint8 of the last run.
   *
   * @param name name in the model file, or in the signature
   * @param into gets its elements as they are stored
   */
  public void getOutput(String name, byte[] into) {
    getOutput(outputIndex(name), into);
  }

  /**
   * Sets an input of type bool.
   *
   * @param index position in the model's inputs
   * @param values its elements as they are stored
   */
  public void setInput(int index, boolean[] values) {
    require(true, index, values.length, "boolean[]", ElementType.BOOL, null);
    ByteBuffer memory = inputMemory(index);
    for (int i = 0; i < values.length; i++) {
      memory.put(i, (byte) (values[i] ? 1 : 0));
    }
  }

  /**
   * Sets an input of type bool.
   *
   * @param name name in the model file, or in the signature
   * @param values its elements as they are stored
   */
  public void setInput(String name, boolean[] values) {
    setInput(inputIndex(name), values);
  }

  /**
   * Copies an output of type bool of the last run.
   *
   * @param index position in the model's outputs
   * @param into gets its elements as they are stored
   */
  public void getOutput(int index, boolean[] into) {
    require(false, index, into.length, "boolean[]", ElementType.BOOL, null);
    ByteBuffer memory = outputMemory(index);
    for (int i = 0; i < into.length; i++) {
      into[i] = memory.get(i) != 0;
    }
  }

  /**
   * Copies an output of type bool of the last run.
   *
   * @param name name in the model file, or in the signature
   * @param into gets its elements as they are stored
   */
  public void getOutput(String name, boolean[] into) {
    getOutput(outputIndex(name), into);
  }

  /**
   * Sets an input by the real values that its numbers stand for: floats as they are, integers by
   * the tensor's own scale and zero point, rounded to the nearest (halves away from zero) and kept
   * within the type. NaN becomes the number for 0.
   *
   * @param index position in the model's inputs
   * @param values a real value per element
   */
  public void setReals(int index, float[] values) {
    TensorInfo info = inputInfo(index);
    requireCount(info, "input", index, values.length);
    if (info.type() == ElementType.FLOAT32) {
      floats(true, index).put(values);
      return;
    }
    Reals.quantize(values, inputMemory(index), info, modelName());
  }

  /**
   * Sets an input by real values; see {@link #setReals(int, float[])}.
   *
   * @param name name in the model file, or in the signature
   * @param values a real value per element
   */
  public void setReals(String name, float[] values) {
    setReals(inputIndex(name), values);
  }

  /**
   * Copies the real values that the numbers of an output stand for: (stored - zero point) * scale.
   *
   * @param index position in the model's outputs
   * @param into gets a real value per element
   */
  public void getReals(int index, float[] into) {
    TensorInfo info = outputInfo(index);
    requireCount(info, "output", index, into.length);
    if (info.type() == ElementType.FLOAT32) {
      floats(false, index).get(into);
      return;
    }
    Reals.dequantize(outputMemory(index), into, info, modelName());
  }

  /**
   * Copies the real values of an output; see {@link #getReals(int, float[])}.
   *
   * @param name name in the model file, or in the signature
   * @param into gets a real value per element
   */
  public void getReals(String name, float[] into) {
    getReals(outputIndex(name), into);
  }

  /**
   * Returns the real values of an output in a new array, whatever its type.
   *
   * @param index position in the model's outputs
   * @return a real value per element
   */
  public float[] outputReals(int index) {
    float[] values = new float[Math.toIntExact(outputInfo(index).shape().elements())];
    getReals(index, values);
    return values;
  }

  /**
   * Returns the real values of an output in a new array, whatever its type.
   *
   * @param name name in the model file, or in the signature
   * @return a real value per element
   */
  public float[] outputReals(String name) {
    return outputReals(outputIndex(name));
  }

  /**
   * Sets an input of strings.
   *
   * @param index position in the model's inputs
   * @param values text per element, handed over as UTF-8
   */
  public void setStrings(int index, String... values) {
    List<byte[]> bytes = new ArrayList<>();
    for (String value : values) {
      bytes.add(value.getBytes(StandardCharsets.UTF_8));
    }
    setStrings(index, bytes);
  }

  /**
   * Sets an input of strings.
   *
   * @param name name in the model file, or in the signature
   * @param values text per element, handed over as UTF-8
   */
  public void setStrings(String name, String... values) {
    setStrings(inputIndex(name), values);
  }

  /**
   * Sets an input of strings that need not be text.
   *
   * @param index position in the model's inputs
   * @param values bytes per element
   */
  public void setStrings(int index, List<byte[]> values) {
    require(true, index, values.size(), "strings", ElementType.STRING, null);
    setPacked(index, Strings.pack(values));
  }

  /**
   * Returns the strings of an output.
   *
   * @param index position in the model's outputs
   * @return text per element, read as UTF-8
   */
  public List<String> outputStrings(int index) {
    return outputStringBytes(index).stream()
        .map(s -> new String(s, StandardCharsets.UTF_8))
        .toList();
  }

  /**
   * Returns the strings of an output.
   *
   * @param name name in the model file, or in the signature
   * @return text per element, read as UTF-8
   */
  public List<String> outputStrings(String name) {
    return outputStrings(outputIndex(name));
  }

  /**
   * Returns the strings of an output as bytes.
   *
   * @param index position in the model's outputs
   * @return bytes per element
   */
  public List<byte[]> outputStringBytes(int index) {
    TensorInfo info = outputInfo(index);
    ByteBuffer packed = outputMemory(index);
    require(
        false,
        index,
        Math.toIntExact(info.shape().elements()),
        "strings",
        ElementType.STRING,
        null);
    try {
      return Strings.unpack(packed.duplicate().clear());
    } catch (GraphException e) {
      throw new SinterException(Status.INVALID_MODEL, modelName() + ": " + e.getMessage(), e);
    }
  }

  private void require(
      boolean input, int index, int count, String given, ElementType wanted, ElementType also) {
    TensorInfo info = input ? inputInfo(index) : outputInfo(index);
    if (info.type() != wanted && info.type() != also) {
      boolean real = given.equals("float[]") && info.quantization().isQuantized();
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          modelName()
              + ": "
              + (input ? "input " : "output ")
              + index
              + " '"
              + info.name()
              + "' is "
              + info.type()
              + info.shape()
              + ", which takes no "
              + given
              + (real ? "; setReals and getReals quantize and dequantize" : ""));
    }
    requireCount(info, input ? "input" : "output", index, count);
  }

  private void requireCount(TensorInfo info, String what, int index, int count) {
    if (info.shape().elements() != count) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          modelName()
              + ": "
              + what
              + " "
              + index
              + " '"
              + info.name()
              + "' "
              + info.type()
              + info.shape()
              + " has "
              + info.shape().elements()
              + " elements, "
              + count
              + " were given");
    }
  }
}
