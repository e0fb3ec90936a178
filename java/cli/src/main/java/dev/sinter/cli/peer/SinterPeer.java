// Sinter as a peer.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.peer;

import dev.sinter.graph.GraphException;
import dev.sinter.graph.Shape;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.optimizer.data.SessionSlots;
import dev.sinter.optimizer.data.TensorSpec;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Report;
import dev.sinter.runtime.Session;
import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Status;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A model in Sinter. */
public final class SinterPeer implements Peer {
  private final Model model;
  private final Session session;
  private final SessionSlots slots;
  private final List<TensorSpec> inputs;

  private SinterPeer(Model model, Session session) {
    this.model = model;
    this.session = session;
    this.slots = new SessionSlots(session);
    this.inputs = slots.inputs();
  }

  /**
   * Loads a model.
   *
   * @param name what to call it in messages
   * @param file the contents of a .tflite file
   * @param options how it is run
   * @return the peer
   * @throws PeerException if Sinter refuses the model
   */
  public static SinterPeer open(String name, byte[] file, Options options) {
    return open(name, file, options, List.of());
  }

  /**
   * Loads a model with other input shapes.
   *
   * @param name what to call it in messages
   * @param file the contents of a .tflite file
   * @param options how it is run
   * @param shapes shapes of the inputs, in their order; empty for those of the file
   * @return the peer
   * @throws PeerException if Sinter refuses the model or the shapes
   */
  public static SinterPeer open(String name, byte[] file, Options options, List<Shape> shapes) {
    Map<Integer, Shape> byPosition = new HashMap<>();
    for (int i = 0; i < shapes.size(); i++) {
      byPosition.put(i, shapes.get(i));
    }
    try {
      Model model = Model.load(TfliteReader.read(name, ByteBuffer.wrap(file)), options);
      try {
        return new SinterPeer(model, model.newSession(byPosition));
      } catch (SinterException e) {
        model.close();
        throw e;
      }
    } catch (SinterException e) {
      throw new PeerException("Sinter: " + e.getMessage(), e.status() == Status.UNSUPPORTED, e);
    } catch (GraphException e) {
      throw new PeerException("Sinter: " + e.getMessage(), false, e);
    }
  }

  /**
   * Returns the model.
   *
   * @return the model, open as long as this peer
   */
  public Model model() {
    return model;
  }

  /**
   * Returns the instruction sets whose kernels may run.
   *
   * @return their names
   */
  public String isa() {
    return session.report().target();
  }

  /**
   * Returns what runs the model.
   *
   * @return the device's name on the command line
   */
  public String device() {
    return model.device().label();
  }

  /**
   * Tells which kernels run.
   *
   * @return the report
   */
  public Report report() {
    return session.report();
  }

  /**
   * Returns the times of the last run, where the options asked for them.
   *
   * @return a time per kernel call
   */
  public List<Session.StepTime> profile() {
    return session.profile();
  }

  @Override
  public String name() {
    String version = Model.class.getPackage().getImplementationVersion();
    return version == null ? "Sinter" : "Sinter " + version;
  }

  @Override
  public List<TensorSpec> inputs() {
    return inputs;
  }

  @Override
  public List<TensorSpec> outputs() {
    // Asked for anew: where they depend on values, shapes are those of the last run.
    return session.outputs().stream().map(TensorSpec::of).toList();
  }

  @Override
  public ByteBuffer input(int index) {
    return slots.input(index);
  }

  @Override
  public void setStrings(int index, ByteBuffer packed) {
    slots.setStrings(index, packed);
  }

  @Override
  public void invoke() {
    try {
      session.run();
    } catch (SinterException e) {
      throw new PeerException("Sinter: " + e.getMessage(), e.status() == Status.UNSUPPORTED, e);
    }
  }

  @Override
  public ByteBuffer output(int index) {
    return session.output(index).duplicate().order(ByteOrder.nativeOrder()).clear();
  }

  @Override
  public void resetVariables() {
    session.resetState();
  }

  @Override
  public void close() {
    session.close();
    model.close();
  }
}
