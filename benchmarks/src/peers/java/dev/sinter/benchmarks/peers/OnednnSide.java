// oneDNN's matmul, weights in the layout that it asks for.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.benchmarks.peers;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.Pointer;

/** A primitive on the processor; threads are those of OMP_NUM_THREADS. */
final class OnednnSide implements Side {
  // Objects that hold pointers to each other: all of them live until this is closed.
  private final List<Pointer> kept = new ArrayList<>();
  private final ByteBuffer c;
  private final Product product;
  private final stream queue;
  private final matmul primitive;
  private final IntMemoryMap arguments;
  private final String kernel;

  OnednnSide(Product product) {
    this.product = product;
    c = product.result();
    engine cpu = kept(new engine(engine.kind.cpu, 0));
    queue = kept(new stream(cpu));
    memory.data_type in;
    memory.data_type by;
    switch (product.kind()) {
      case F32 -> in = by = memory.data_type.f32;
      case BF16 -> in = by = memory.data_type.bf16;
      case S8S8S32 -> in = by = memory.data_type.s8;
      default -> {
        in = memory.data_type.u8;
        by = memory.data_type.s8;
      }
    }
    memory.data_type to = product.kind().isFloat() ? memory.data_type.f32 : memory.data_type.s32;
    long[] a = {product.m(), product.k()};
    long[] w = {product.k(), product.n()};
    long[] r = {product.m(), product.n()};
    memory.desc source = kept(new memory.desc(a, in, memory.format_tag.ab));
    // W[n,k] is the transposed of what oneDNN multiplies by.
    memory.desc given = kept(new memory.desc(w, by, memory.format_tag.ba));
    memory.desc wanted = kept(new memory.desc(w, by, memory.format_tag.any));
    memory.desc result = kept(new memory.desc(r, to, memory.format_tag.ab));
    matmul.primitive_desc chosen = kept(new matmul.primitive_desc(cpu, source, wanted, result));
    kernel = chosen.impl_info_str().getString();
    primitive = kept(new matmul(chosen));
    memory plain = kept(new memory(given, cpu, kept(new Pointer(product.w()))));
    memory packed = kept(new memory(kept(chosen.weights_desc()), cpu));
    kept(new reorder(plain, packed)).execute(queue, plain, packed);
    queue._wait();
    arguments = kept(new IntMemoryMap());
    memory from = kept(new memory(source, cpu, kept(new Pointer(product.a()))));
    arguments.put(dnnl.DNNL_ARG_SRC, from);
    arguments.put(dnnl.DNNL_ARG_WEIGHTS, packed);
    arguments.put(dnnl.DNNL_ARG_DST, kept(new memory(result, cpu, kept(new Pointer(c)))));
  }

  private <P extends Pointer> P kept(P pointer) {
    kept.add(pointer);
    return pointer;
  }

  static String version() {
    return "oneDNN "
        + dnnl.dnnl_version().major()
        + "."
        + dnnl.dnnl_version().minor()
        + "."
        + dnnl.dnnl_version().patch();
  }

  String kernel() {
    return kernel;
  }

  @Override
  public void run() {
    try {
      primitive.execute(queue, arguments);
      queue._wait();
    } finally {
      Reference.reachabilityFence(product);
    }
  }

  @Override
  public ByteBuffer result() {
    return c;
  }

  @Override
  public void close() {
    for (int i = kept.size() - 1; i >= 0; i--) {
      kept.get(i).close();
    }
  }
}
