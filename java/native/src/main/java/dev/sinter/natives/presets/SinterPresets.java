// SPDX-License-Identifier: Apache-2.0
package dev.sinter.natives.presets;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/** Tells JavaCPP how to turn {@code sinter.h} into {@code dev.sinter.natives.jni.SinterLibrary}. */
@Properties(
    value =
        @Platform(
            include = "sinter.h",
            link = "sinter#",
            library = "jnisinter",
            compiler = "cpp17"),
    target = "dev.sinter.natives.jni",
    global = "dev.sinter.natives.jni.SinterLibrary")
public class SinterPresets implements InfoMapper {
  /** Made by JavaCPP. */
  public SinterPresets() {}

  @Override
  public void map(InfoMap infoMap) {
    infoMap
        .put(new Info("SINTER_API").cppTypes().annotations())
        .put(new Info("sinter_status").cast().valueTypes("int"))
        .put(new Info("sinter_gemm_options").pointerTypes("GemmOptions"))
        .put(new Info("sinter_conv_options").pointerTypes("ConvOptions"))
        // Direct buffers go straight through: a Pointer per call would be garbage.
        .put(
            new Info("sinter_gemm_run")
                .javaText(
                    "public static native @Cast(\"sinter_status\") int sinter_gemm_run("
                        + "@Cast(\"uint64_t\") long gemm, int m, @Cast(\"const void*\") ByteBuffer a,"
                        + " @Cast(\"int64_t\") long lda, @Cast(\"void*\") ByteBuffer c,"
                        + " @Cast(\"int64_t\") long ldc, int threads);"))
        .put(
            new Info("sinter_conv_run")
                .javaText(
                    "public static native @Cast(\"sinter_status\") int sinter_conv_run("
                        + "@Cast(\"uint64_t\") long conv, int batch, int in_h, int in_w,"
                        + " @Cast(\"const void*\") ByteBuffer in, @Cast(\"void*\") ByteBuffer out,"
                        + " int threads);"));
  }
}
