// The value of a tensor that is known before running, in the form in which it is stored.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.ServiceLoader;

/**
 * A constant: dense, sparse as TFLite stores it, or encoded in a way that a {@link Decoder} knows.
 */
public sealed interface Constant permits Constant.Dense, Constant.Sparse, Constant.Encoded {
  /**
   * Returns the type of the elements.
   *
   * @return the type
   */
  ElementType type();

  /**
   * Returns the shape of the dense form.
   *
   * @return the shape
   */
  Shape shape();

  /**
   * Returns the values in dense form, row by row.
   *
   * @return a read-only little-endian view
   * @throws GraphException if what is stored contradicts itself, or nothing can decode it
   */
  ByteBuffer values();

  /**
   * Every value is stored.
   *
   * @param type type of the elements
   * @param shape the shape
   * @param storage the bytes
   */
  record Dense(ElementType type, Shape shape, Storage storage) implements Constant {
    @Override
    public ByteBuffer values() {
      return storage.bytes();
    }
  }

  /**
   * Stored with TFLite's sparsity parameters.
   *
   * @param type type of the elements
   * @param shape the shape of the dense form
   * @param storage the stored values
   * @param sparsity where they belong
   */
  record Sparse(ElementType type, Shape shape, Storage storage, Sparsity sparsity)
      implements Constant {
    @Override
    public ByteBuffer values() {
      return SparseCodec.decode(this);
    }
  }

  /**
   * Stored in a form of its own: packed, bit mask, codebook, entropy coded, or a third party's.
   *
   * @param type type of the decoded elements
   * @param shape shape of the decoded form
   * @param id which form
   * @param version version of the form
   * @param payload the stored bytes
   * @param parameters whatever else the form needs
   */
  record Encoded(
      ElementType type,
      Shape shape,
      String id,
      int version,
      Storage payload,
      Map<String, Storage> parameters)
      implements Constant {
    /**
     * Keeps an immutable copy of the parameters.
     *
     * @param type type of the decoded elements
     * @param shape shape of the decoded form
     * @param id which form
     * @param version version of the form
     * @param payload the stored bytes
     * @param parameters whatever else the form needs
     */
    public Encoded {
      parameters = Map.copyOf(parameters);
    }

    @Override
    public ByteBuffer values() {
      for (Decoder d : ServiceLoader.load(Decoder.class)) {
        if (d.id().equals(id)) {
          return d.decode(this).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
        }
      }
      throw new GraphException(
          "No decoder for constants of form '"
              + id
              + "' version "
              + version
              + "; put its library on the class path");
    }
  }

  /** Decodes one form of {@link Encoded}; found by {@link ServiceLoader}. */
  interface Decoder {
    /**
     * Returns the form it decodes.
     *
     * @return the id
     */
    String id();

    /**
     * Decodes.
     *
     * @param constant a constant of this form
     * @return its dense values, little endian
     * @throws GraphException if the version is unknown or the payload contradicts itself
     */
    ByteBuffer decode(Encoded constant);
  }
}
