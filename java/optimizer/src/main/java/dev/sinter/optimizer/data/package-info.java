// SPDX-License-Identifier: Apache-2.0

/**
 * Where the values come from that models are run on: data sets described by a dataset.json, .npy
 * files, raw values, pictures, random numbers; and how they are brought into the form that an input
 * wants.
 */
package dev.sinter.optimizer.data;
