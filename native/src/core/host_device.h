// Marks small functions that define numbers, so that the rows of a GPU compute by the very same code.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CORE_HOST_DEVICE_H_
#define SINTER_CORE_HOST_DEVICE_H_

#if defined(__CUDACC__)
#define SINTER_HOST_DEVICE __host__ __device__
#else
#define SINTER_HOST_DEVICE
#endif

#endif  // SINTER_CORE_HOST_DEVICE_H_
