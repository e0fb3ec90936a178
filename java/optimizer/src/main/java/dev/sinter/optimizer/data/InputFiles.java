// Fills an input tensor from a file: raw bytes, .npy, or a picture.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Strings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Reads inputs. */
public final class InputFiles {
  private InputFiles() {}

  /**
   * Fills an input.
   *
   * @param file raw bytes of exactly the input's size, an .npy file, or a JPEG or PNG picture
   * @param real what the bytes of a picture, or numbers of another type than the input's, stand
   *     for; null if not known
   * @param tensor the input
   * @param out memory of the input
   * @throws IOException if the file cannot be read or does not fit the input
   */
  public static void fill(Path file, Quantizing.Real real, TensorSpec tensor, ByteBuffer out)
      throws IOException {
    if (Pictures.isPicture(file)) {
      picture(file, real, tensor, out);
    } else if (isArray(file)) {
      array(Npy.read(file), file, real, tensor, out);
    } else {
      byte[] bytes = Files.readAllBytes(file);
      if (bytes.length != out.capacity()) {
        throw new IOException(
            file
                + " has "
                + bytes.length
                + " bytes, the input "
                + tensor
                + " takes "
                + out.capacity()
                + "; a file that is no picture and no .npy is taken as raw values");
      }
      out.duplicate().clear().put(bytes);
    }
  }

  /**
   * Reads strings.
   *
   * @param file a text with a line per string
   * @return the strings, packed as tensors hold them
   * @throws IOException if the file cannot be read
   */
  public static ByteBuffer strings(Path file) throws IOException {
    return Strings.pack(Files.readAllLines(file, StandardCharsets.UTF_8).toArray(String[]::new));
  }

  /**
   * Tells whether a file is taken as an array.
   *
   * @param file the file
   * @return true if its name ends in .npy
   */
  public static boolean isArray(Path file) {
    return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".npy");
  }

  private static void picture(Path file, Quantizing.Real real, TensorSpec tensor, ByteBuffer out)
      throws IOException {
    Shape s = tensor.shape();
    if (s.rank() != 4 || s.dim(0) != 1) {
      throw new IOException(
          "the input " + tensor + " is no picture of shape [1, height, width, channels]");
    }
    boolean stored =
        tensor.type() == ElementType.UINT8
            || (tensor.scale() == 0 && tensor.type() != ElementType.FLOAT32);
    if (real == null && !stored) {
      throw new IOException(
          "how are the bytes 0..255 of a picture brought to the input "
              + tensor
              + "? Say --scale and --offset"
              + " (real = byte * scale + offset), or --dataset FOLDER with a dataset.json that says it");
    }
    byte[] pixels = Pictures.read(file, s.dim(1), s.dim(2), s.dim(3));
    if (real == null) {
      out.duplicate().clear().put(pixels);
    } else {
      Quantizing.write(ByteBuffer.wrap(pixels), ElementType.UINT8, real, tensor, out);
    }
  }

  private static void array(
      Npy array, Path file, Quantizing.Real real, TensorSpec tensor, ByteBuffer out)
      throws IOException {
    if (array.shape().elements() != tensor.shape().elements()) {
      throw new IOException(file + " has shape " + array.shape() + ", the input is " + tensor);
    }
    if (array.type() == tensor.type()) {
      out.duplicate().order(ByteOrder.nativeOrder()).clear().put(array.values());
      return;
    }
    boolean numbers =
        array.type() == ElementType.FLOAT32
            || array.type() == ElementType.UINT8
            || array.type() == ElementType.INT8;
    if (!numbers) {
      throw new IOException(file + " holds " + array.type() + ", the input is " + tensor);
    }
    Quantizing.write(
        array.values(), array.type(), real == null ? Quantizing.Real.AS_STORED : real, tensor, out);
  }
}
