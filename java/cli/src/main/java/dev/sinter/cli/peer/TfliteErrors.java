// Asks TFLite again, through its C interface, why it refuses a model: the C++ interface writes that
// to standard error.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.peer;

import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterAllocateTensors;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterCreate;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterDelete;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterOptionsCreate;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterOptionsDelete;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteInterpreterOptionsSetErrorReporter;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteModelCreateWithErrorReporter;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.TfLiteModelDelete;

import java.lang.ref.Reference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorflowlite.Reporter_Pointer_BytePointer_Pointer;
import org.bytedeco.tensorflowlite.TfLiteInterpreter;
import org.bytedeco.tensorflowlite.TfLiteInterpreterOptions;
import org.bytedeco.tensorflowlite.TfLiteModel;

/** The words in which TFLite refuses a model. */
final class TfliteErrors {
  private static final Pattern CONVERSION =
      Pattern.compile("%[-+ #0]*\\d*(?:\\.\\d+)?(hh|h|ll|l|z|j|t)?([diuxXcsfgep%])");
  private static final boolean X86_64 = System.getProperty("os.arch").equals("amd64");

  private TfliteErrors() {}

  /**
   * Returns what TFLite reports while it loads and prepares the model; empty if it reports nothing.
   */
  static String of(byte[] file) {
    StringBuilder words = new StringBuilder();
    Collector collector = new Collector(words);
    TfLiteInterpreterOptions options = TfLiteInterpreterOptionsCreate();
    TfLiteModel model = null;
    TfLiteInterpreter interpreter = null;
    try (BytePointer bytes = new BytePointer(file.length + 64L)) {
      bytes.put(file, 0, file.length);
      TfLiteInterpreterOptionsSetErrorReporter(options, collector, null);
      model = TfLiteModelCreateWithErrorReporter(bytes, file.length, collector, null);
      if (model != null) {
        interpreter = TfLiteInterpreterCreate(model, options);
        if (interpreter != null) {
          TfLiteInterpreterAllocateTensors(interpreter);
        }
      }
    } finally {
      if (interpreter != null) {
        TfLiteInterpreterDelete(interpreter);
      }
      if (model != null) {
        TfLiteModelDelete(model);
      }
      TfLiteInterpreterOptionsDelete(options);
      Reference.reachabilityFence(collector);
    }
    return words.toString().trim();
  }

  private static final class Collector extends Reporter_Pointer_BytePointer_Pointer {
    private final StringBuilder words;

    Collector(StringBuilder words) {
      this.words = words;
    }

    @Override
    public void call(Pointer user, BytePointer format, Pointer arguments) {
      // An exception must not pass through the C++ frames above.
      try {
        words.append(format(format.getString(), arguments).trim()).append(' ');
      } catch (RuntimeException e) {
        words.append("(unreadable error text) ");
      }
    }
  }

  /**
   * Formats as printf does. Without knowledge of the platform's argument lists the format alone has
   * to do.
   */
  private static String format(String format, Pointer arguments) {
    if (!X86_64 || arguments == null) {
      return format;
    }
    VarArgs values = new VarArgs(arguments);
    Matcher m = CONVERSION.matcher(format);
    StringBuilder out = new StringBuilder();
    while (m.find()) {
      m.appendReplacement(out, Matcher.quoteReplacement(value(m, values)));
    }
    return m.appendTail(out).toString();
  }

  private static String value(Matcher conversion, VarArgs values) {
    String width = conversion.group(1) == null ? "" : conversion.group(1);
    boolean wide =
        width.equals("ll")
            || width.equals("l")
            || width.equals("z")
            || width.equals("j")
            || width.equals("t");
    switch (conversion.group(2).charAt(0)) {
      case '%' -> {
        return "%";
      }
      case 's' -> {
        BytePointer text = new BytePointer(pointer(values.integer()));
        return text.isNull() ? "(null)" : text.getString();
      }
      case 'c' -> {
        return String.valueOf((char) values.integer());
      }
      case 'f', 'g', 'e' -> {
        return String.valueOf(values.floating());
      }
      case 'x', 'X', 'p' -> {
        return Long.toHexString(values.integer());
      }
      case 'u' -> {
        long u = values.integer();
        return wide ? Long.toUnsignedString(u) : Integer.toUnsignedString((int) u);
      }
      default -> {
        long d = values.integer();
        return wide ? Long.toString(d) : Integer.toString((int) d);
      }
    }
  }

  private static Pointer pointer(long address) {
    return new Address(address);
  }

  private static final class Address extends Pointer {
    Address(long value) {
      address = value;
    }
  }

  /** The argument list of the System V x86-64 ABI: two register areas, then the stack. */
  private static final class VarArgs {
    private static final int INTEGER_END = 48;
    private static final int FLOATING_END = 176;

    private final BytePointer list;

    VarArgs(Pointer arguments) {
      // The list is an array of one element, so what is handed over is a pointer to a pointer to
      // it.
      long address = new BytePointer(arguments).capacity(8).getLong(0);
      list = new BytePointer(pointer(address)).capacity(24);
    }

    long integer() {
      int offset = list.getInt(0);
      if (offset < INTEGER_END) {
        list.putInt(0, offset + 8);
        return word(list.getLong(16) + offset);
      }
      return stack();
    }

    double floating() {
      int offset = list.getInt(4);
      if (offset < FLOATING_END) {
        list.putInt(4, offset + 16);
        return new DoublePointer(pointer(list.getLong(16) + offset)).capacity(1).get(0);
      }
      return Double.longBitsToDouble(stack());
    }

    private long stack() {
      long at = list.getLong(8);
      list.putLong(8, at + 8);
      return word(at);
    }

    private static long word(long address) {
      return new BytePointer(pointer(address)).capacity(8).getLong(0);
    }
  }
}
