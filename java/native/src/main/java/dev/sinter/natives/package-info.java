// SPDX-License-Identifier: Apache-2.0
/**
 * Sinter's native library in the JVM: {@link dev.sinter.natives.NativeLoader} loads it, the class
 * {@code dev.sinter.natives.jni.SinterLibrary}, made from {@code sinter.h}, calls it.
 */
package dev.sinter.natives;
