// One tensor of a graph.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.util.List;
import java.util.Objects;

/**
 * A tensor: immutable; the {@code with} methods give changed copies. Equality is by content but for
 * {@link #source()} and {@link #origin()}; storages are compared by their bytes.
 */
public final class Tensor {
  private final String name;
  private final ElementType type;
  private final Shape shape;
  private final Shape signature;
  private final Storage storage;
  private final Quantization quantization;
  private final Sparsity sparsity;
  private final boolean variable;
  private final List<String> origin;
  private final Source source;

  private Tensor(
      String name,
      ElementType type,
      Shape shape,
      Shape signature,
      Storage storage,
      Quantization quantization,
      Sparsity sparsity,
      boolean variable,
      List<String> origin,
      Source source) {
    this.name = Objects.requireNonNull(name);
    this.type = Objects.requireNonNull(type);
    this.shape = Objects.requireNonNull(shape);
    this.signature = signature;
    this.storage = Objects.requireNonNull(storage);
    this.quantization = Objects.requireNonNull(quantization);
    this.sparsity = sparsity;
    this.variable = variable;
    this.origin = origin;
    this.source = source;
  }

  /**
   * Makes a tensor without values.
   *
   * @param name its name
   * @param type type of its elements
   * @param shape its shape
   * @return the tensor
   */
  public static Tensor of(String name, ElementType type, Shape shape) {
    return new Tensor(
        name, type, shape, null, Storage.NONE, Quantization.NONE, null, false, List.of(name), null);
  }

  /**
   * Returns the name.
   *
   * @return the name, empty if the file gives none
   */
  public String name() {
    return name;
  }

  /**
   * Returns the type of the elements.
   *
   * @return the type
   */
  public ElementType type() {
    return type;
  }

  /**
   * Returns the shape the file gives; free dimensions are usually 1 here and -1 in {@link
   * #signature()}.
   *
   * @return the shape
   */
  public Shape shape() {
    return shape;
  }

  /**
   * Returns the shape with -1 for dimensions that may change.
   *
   * @return the signature, which is the shape where the file gives no other
   */
  public Shape signature() {
    return signature == null ? shape : signature;
  }

  /**
   * Tells whether the signature is given apart from the shape.
   *
   * @return true if it is
   */
  public boolean hasSignature() {
    return signature != null;
  }

  /**
   * Returns the stored bytes.
   *
   * @return the storage, empty unless this is a constant
   */
  public Storage storage() {
    return storage;
  }

  /**
   * Tells whether the values are stored.
   *
   * @return true if there are stored bytes
   */
  public boolean isConstant() {
    return !storage.isEmpty();
  }

  /**
   * Returns the quantization.
   *
   * @return {@link Quantization#NONE} if there is none
   */
  public Quantization quantization() {
    return quantization;
  }

  /**
   * Returns how stored values are spread over the dense form.
   *
   * @return null for a dense tensor
   */
  public Sparsity sparsity() {
    return sparsity;
  }

  /**
   * Tells whether the tensor keeps its values from run to run.
   *
   * @return true for a state variable
   */
  public boolean isVariable() {
    return variable;
  }

  /**
   * Returns the names, in the file it came from, of what was fused into this tensor.
   *
   * @return names, at first its own
   */
  public List<String> origin() {
    return origin;
  }

  /**
   * Returns what the reader remembers.
   *
   * @return null for a tensor that was built
   */
  public Source source() {
    return source;
  }

  /**
   * Returns the constant in the form in which it is stored.
   *
   * @return the constant
   * @throws GraphException if the tensor has no stored values
   */
  public Constant stored() {
    if (!isConstant() && !(shape.isKnown() && shape.elements() == 0)) {
      throw new GraphException("Tensor '" + name + "' has no stored values");
    }
    return sparsity == null
        ? new Constant.Dense(type, shape, storage)
        : new Constant.Sparse(type, shape, storage, sparsity);
  }

  /**
   * Renames; the origin stays.
   *
   * @param newName the new name
   * @return a changed copy
   */
  public Tensor withName(String newName) {
    return new Tensor(
        newName, type, shape, signature, storage, quantization, sparsity, variable, origin, source);
  }

  /**
   * Changes the type of the elements.
   *
   * @param newType the new type
   * @return a changed copy
   */
  public Tensor withType(ElementType newType) {
    return new Tensor(
        name, newType, shape, signature, storage, quantization, sparsity, variable, origin, source);
  }

  /**
   * Changes the shape, and drops a signature of its own.
   *
   * @param newShape the new shape
   * @return a changed copy
   */
  public Tensor withShape(Shape newShape) {
    return new Tensor(
        name, type, newShape, null, storage, quantization, sparsity, variable, origin, source);
  }

  /**
   * Changes the signature.
   *
   * @param newSignature the shape with -1 for free dimensions; null for none apart from the shape
   * @return a changed copy
   */
  public Tensor withSignature(Shape newSignature) {
    return new Tensor(
        name, type, shape, newSignature, storage, quantization, sparsity, variable, origin, source);
  }

  /**
   * Gives the tensor other stored bytes, dense.
   *
   * @param newStorage the bytes; {@link Storage#NONE} to make it no constant
   * @return a changed copy
   */
  public Tensor withStorage(Storage newStorage) {
    return withStorage(newStorage, null);
  }

  /**
   * Gives the tensor other stored bytes.
   *
   * @param newStorage the bytes
   * @param newSparsity how they are spread; null for dense
   * @return a changed copy
   */
  public Tensor withStorage(Storage newStorage, Sparsity newSparsity) {
    return new Tensor(
        name,
        type,
        shape,
        signature,
        newStorage,
        quantization,
        newSparsity,
        variable,
        origin,
        source);
  }

  /**
   * Changes the quantization.
   *
   * @param newQuantization the new one
   * @return a changed copy
   */
  public Tensor withQuantization(Quantization newQuantization) {
    return new Tensor(
        name, type, shape, signature, storage, newQuantization, sparsity, variable, origin, source);
  }

  /**
   * Makes the tensor a state variable, or no more.
   *
   * @param newVariable whether it keeps its values
   * @return a changed copy
   */
  public Tensor withVariable(boolean newVariable) {
    return new Tensor(
        name, type, shape, signature, storage, quantization, sparsity, newVariable, origin, source);
  }

  /**
   * Records where the tensor comes from.
   *
   * @param newOrigin names in the original file
   * @return a changed copy
   */
  public Tensor withOrigin(List<String> newOrigin) {
    return new Tensor(
        name,
        type,
        shape,
        signature,
        storage,
        quantization,
        sparsity,
        variable,
        List.copyOf(newOrigin),
        source);
  }

  /**
   * Attaches what a reader remembers.
   *
   * @param newSource what it remembers
   * @return a changed copy
   */
  public Tensor withSource(Source newSource) {
    return new Tensor(
        name, type, shape, signature, storage, quantization, sparsity, variable, origin, newSource);
  }

  @Override
  public boolean equals(Object o) {
    if (!(o instanceof Tensor t)) {
      return false;
    }

    return name.equals(t.name)
        && type == t.type
        && shape.equals(t.shape)
        && Objects.equals(signature, t.signature)
        && variable == t.variable
        && quantization.equals(t.quantization)
        && Objects.equals(sparsity, t.sparsity)
        && (storage == t.storage || storage.bytes().equals(t.storage.bytes()));
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, type, shape, signature, variable);
  }

  @Override
  public String toString() {
    return "'" + name + "' " + type + signature();
  }
}
