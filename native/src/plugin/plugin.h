/* What a device library (CUDA, ...) offers to Sinter: one exported function that returns this table.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A device keeps its own catalogue, weights, plans and sessions, with the meaning sinter.h gives to
 * the functions of the same names. Every handle it returns must carry `device` (the number given to
 * the entry function) in its top 8 bits; Sinter sends calls on such handles to it. A plan for a
 * device is made from the device's catalogue. Errors: the device leaves its message by host->fail.
 */
#ifndef SINTER_PLUGIN_H_
#define SINTER_PLUGIN_H_

#include "sinter.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SINTER_PLUGIN_VERSION 2

/* What Sinter offers to the device library. */
typedef struct {
  uint32_t version; /* SINTER_PLUGIN_VERSION */
  uint32_t device;  /* 1..255 */
  /* Sets the calling thread's message and returns code. */
  sinter_status (*fail)(sinter_status code, const char* message);
} sinter_plugin_host;

typedef struct {
  uint32_t version; /* SINTER_PLUGIN_VERSION; another one is refused */
  uint32_t bytes;   /* sizeof(sinter_plugin) */
  const char* name;
  int64_t (*catalogue)(char* text, int64_t capacity);
  uint64_t (*weights_create)(void);
  sinter_status (*weights_destroy)(uint64_t weights);
  int32_t (*weights_pack)(uint64_t weights, int32_t packing, const void* params, int64_t params_bytes,
                          const void* const* sources, const int64_t* source_bytes, int32_t source_count);
  int32_t (*weights_add)(uint64_t weights, const void* data, int64_t bytes);
  int64_t (*weights_bytes)(uint64_t weights, int32_t blob);
  uint64_t (*plan_create)(uint64_t weights, const void* bytes, int64_t byte_count);
  sinter_status (*plan_destroy)(uint64_t plan);
  uint64_t (*session_create)(int64_t arena_bytes);
  sinter_status (*session_destroy)(uint64_t session);
  int32_t (*session_attach)(uint64_t session, uint64_t plan, int64_t arena_base);
  /* Host memory that stands for the arena: of the default places of bindings alone, inputs are read from it before a
   * run and outputs written to it afterwards; the rest of it is not used. Valid until another plan is attached. Of a
   * session without plans it is all of the arena: memory that bindings of other sessions are copied from and to without
   * a detour. */
  void* (*session_arena)(uint64_t session);
  sinter_status (*session_fill)(uint64_t session, int64_t offset, int64_t bytes, int32_t value);
  sinter_status (*session_bind)(uint64_t session, int32_t plan, int32_t binding, void* data, int64_t bytes);
  sinter_status (*session_run)(uint64_t session, int32_t plan);
  sinter_status (*session_cancel)(uint64_t session);
  int32_t (*session_failed_step)(uint64_t session);
  sinter_status (*session_profile)(uint64_t session, int32_t enabled);
  int32_t (*session_step_nanos)(uint64_t session, int32_t plan, int64_t* nanos, int32_t capacity);
} sinter_plugin;

/* The exported entry. Returns NULL when the device cannot be used here (after host->fail). host stays
 * valid for the life of the process. */
typedef const sinter_plugin* (*sinter_plugin_entry)(const sinter_plugin_host* host);
#define SINTER_PLUGIN_ENTRY "sinter_plugin_open"

#ifdef __cplusplus
}
#endif

#endif /* SINTER_PLUGIN_H_ */
