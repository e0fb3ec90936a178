// See peers.h.
// SPDX-License-Identifier: Apache-2.0
#include "peers.h"

#include <cublasLt.h>
#include <dlfcn.h>
#include <glob.h>
#include <string.h>

#if __has_include(<cusparseLt.h>)
#include <cusparseLt.h>
#define HAVE_CUSPARSELT 1
#endif

void* open_library(const char* name) {
  if (void* library = dlopen(name, RTLD_NOW | RTLD_GLOBAL)) return library;
  const char* patterns[] = {"/opt/*/.venv/lib/python3*/site-packages/nvidia/*/lib/",
                            "/opt/*/venv/lib/python3*/site-packages/nvidia/*/lib/",
                            "/opt/*/.venv/lib/python3*/site-packages/nvidia/*/*/lib/",
                            "/usr/local/lib/python3*/*-packages/nvidia/*/lib/",
                            "/usr/lib/python3*/*-packages/nvidia/*/lib/",
                            "/usr/local/cuda*/lib64/",
                            "/usr/local/cuda*/targets/x86_64-linux/lib/"};
  for (const char* pattern : patterns) {
    glob_t found;
    const std::string full = std::string(pattern) + name;
    void* library = nullptr;
    if (glob(full.c_str(), 0, nullptr, &found) == 0) {
      for (size_t i = 0; i < found.gl_pathc && !library; i++) {
        library = dlopen(found.gl_pathv[i], RTLD_NOW | RTLD_GLOBAL);
      }
      globfree(&found);
    }
    if (library) return library;
  }
  return nullptr;
}

namespace {

template <class F>
bool bind(void* library, const char* name, F* function) {
  *function = reinterpret_cast<F>(library ? dlsym(library, name) : nullptr);
  return *function != nullptr;
}

#define FUNCTION(name) decltype(&::name) name = nullptr
#define BIND(name) (bind(library, #name, &name))

struct Cublas {
  FUNCTION(cublasLtCreate);
  FUNCTION(cublasLtGetVersion);
  FUNCTION(cublasLtMatmulDescCreate);
  FUNCTION(cublasLtMatmulDescSetAttribute);
  FUNCTION(cublasLtMatrixLayoutCreate);
  FUNCTION(cublasLtMatmulPreferenceCreate);
  FUNCTION(cublasLtMatmulPreferenceSetAttribute);
  FUNCTION(cublasLtMatmulAlgoGetHeuristic);
  FUNCTION(cublasLtMatmul);
  cublasLtHandle_t handle = nullptr;
  bool ready = false;
  Cublas() {
    void* library = open_library("libcublasLt.so.13");
    if (!library) library = open_library("libcublasLt.so.12");
    ready = library && BIND(cublasLtCreate) && BIND(cublasLtGetVersion) && BIND(cublasLtMatmulDescCreate) &&
            BIND(cublasLtMatmulDescSetAttribute) && BIND(cublasLtMatrixLayoutCreate) &&
            BIND(cublasLtMatmulPreferenceCreate) && BIND(cublasLtMatmulPreferenceSetAttribute) &&
            BIND(cublasLtMatmulAlgoGetHeuristic) && BIND(cublasLtMatmul) &&
            cublasLtCreate(&handle) == CUBLAS_STATUS_SUCCESS;
  }
};
Cublas& cublas() {
  static Cublas* library = new Cublas;
  return *library;
}

#ifdef HAVE_CUSPARSELT
struct Cusparse {
  FUNCTION(cusparseLtInit);
  FUNCTION(cusparseLtGetVersion);
  FUNCTION(cusparseLtDenseDescriptorInit);
  FUNCTION(cusparseLtStructuredDescriptorInit);
  FUNCTION(cusparseLtMatmulDescriptorInit);
  FUNCTION(cusparseLtMatmulAlgSelectionInit);
  FUNCTION(cusparseLtMatmulPlanInit);
  FUNCTION(cusparseLtMatmulGetWorkspace);
  FUNCTION(cusparseLtMatmulSearch);
  FUNCTION(cusparseLtMatmul);
  FUNCTION(cusparseLtSpMMACompressedSize);
  FUNCTION(cusparseLtSpMMACompress);
  cusparseLtHandle_t handle;
  bool ready = false;
  Cusparse() {
    void* library = open_library("libcusparseLt.so.0");
    ready = library && BIND(cusparseLtInit) && BIND(cusparseLtGetVersion) && BIND(cusparseLtDenseDescriptorInit) &&
            BIND(cusparseLtStructuredDescriptorInit) && BIND(cusparseLtMatmulDescriptorInit) &&
            BIND(cusparseLtMatmulAlgSelectionInit) && BIND(cusparseLtMatmulPlanInit) &&
            BIND(cusparseLtMatmulGetWorkspace) && BIND(cusparseLtMatmulSearch) && BIND(cusparseLtMatmul) &&
            BIND(cusparseLtSpMMACompressedSize) && BIND(cusparseLtSpMMACompress) &&
            cusparseLtInit(&handle) == CUSPARSE_STATUS_SUCCESS;
  }
};
Cusparse& cusparse() {
  static Cusparse* library = new Cusparse;
  return *library;
}
#endif

const size_t workspace_bytes = size_t{64} << 20;

}  // namespace

std::string peer_versions() {
  std::string text = "cublasLt ";
  text += cublas().ready ? std::to_string(cublas().cublasLtGetVersion()) : "missing";
  text += ", cusparseLt ";
#ifdef HAVE_CUSPARSELT
  int version = 0;
  if (cusparse().ready) cusparse().cusparseLtGetVersion(&cusparse().handle, &version);
  text += cusparse().ready ? std::to_string(version) : "missing";
#else
  text += "not built in";
#endif
  return text;
}

Runner cublas_runner(PeerType type, int m, int n, int k, const std::vector<PeerBuffers>& sets, std::string* why) {
  Cublas& lt = cublas();
  if (!lt.ready) {
    *why = "cublasLt not found";
    return {"cublasLt", nullptr};
  }
  const bool ints = type == PEER_S8_S32 || type == PEER_S8_S8;
  const cudaDataType in = ints ? CUDA_R_8I : CUDA_R_16BF;
  const cudaDataType out = type == PEER_S8_S32      ? CUDA_R_32I
                           : type == PEER_S8_S8     ? CUDA_R_8I
                           : type == PEER_BF16_BF16 ? CUDA_R_16BF
                                                    : CUDA_R_32F;
  const cudaDataType scale = type == PEER_S8_S32 ? CUDA_R_32I : CUDA_R_32F;
  cublasLtMatmulDesc_t operation;
  cublasLtMatrixLayout_t w, a, c;
  cublasLtMatmulPreference_t preference;
  const cublasOperation_t transpose = CUBLAS_OP_T;
  lt.cublasLtMatmulDescCreate(&operation, ints ? CUBLAS_COMPUTE_32I : CUBLAS_COMPUTE_32F, scale);
  lt.cublasLtMatmulDescSetAttribute(operation, CUBLASLT_MATMUL_DESC_TRANSA, &transpose, sizeof transpose);
  lt.cublasLtMatrixLayoutCreate(&w, in, k, n, k);
  lt.cublasLtMatrixLayoutCreate(&a, in, k, m, k);
  lt.cublasLtMatrixLayoutCreate(&c, out, n, m, n);
  lt.cublasLtMatmulPreferenceCreate(&preference);
  lt.cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &workspace_bytes,
                                          sizeof workspace_bytes);
  cublasLtMatmulHeuristicResult_t found[8];
  int count = 0;
  const cublasStatus_t status =
      lt.cublasLtMatmulAlgoGetHeuristic(lt.handle, operation, w, a, c, c, preference, 8, found, &count);
  if (status != CUBLAS_STATUS_SUCCESS || count == 0) {
    *why = "cublasLt offers no algorithm, status " + std::to_string(status);
    return {"cublasLt", nullptr};
  }
  void* workspace = nullptr;
  CHECK_CUDA(cudaMalloc(&workspace, workspace_bytes));
  auto enqueue_with = [=, &lt](const cublasLtMatmulAlgo_t& algorithm) {
    return [=, &lt](int set, cudaStream_t stream) {
      const PeerBuffers& b = sets[static_cast<size_t>(set) % sets.size()];
      const int32_t one = 1, zero = 0;
      const float onef = 1.0f, zerof = 0.0f, small = 0.001f;
      const void* alpha = scale == CUDA_R_32I  ? static_cast<const void*>(&one)
                          : type == PEER_S8_S8 ? static_cast<const void*>(&small)
                                               : static_cast<const void*>(&onef);
      const void* beta = scale == CUDA_R_32I ? static_cast<const void*>(&zero) : static_cast<const void*>(&zerof);
      return lt.cublasLtMatmul(lt.handle, operation, alpha, b.w, w, b.a, a, beta, b.c, c, b.c, c, &algorithm, workspace,
                               workspace_bytes, stream) == CUBLAS_STATUS_SUCCESS;
    };
  };
  std::vector<Runner> runners;
  for (int i = 0; i < count; i++) runners.push_back({"", enqueue_with(found[i].algo)});
  const std::vector<double> times = time_runners(runners, 8, 3);
  int best = -1;
  for (int i = 0; i < count; i++) {
    if (times[static_cast<size_t>(i)] > 0 &&
        (best < 0 || times[static_cast<size_t>(i)] < times[static_cast<size_t>(best)])) {
      best = i;
    }
  }
  if (best < 0) {
    *why = "no algorithm of cublasLt ran";
    return {"cublasLt", nullptr};
  }
  return {"cublasLt", enqueue_with(found[best].algo)};
}

Runner cusparse_runner(PeerType type, int m, int n, int k, const std::vector<PeerBuffers>& sets, std::string* why) {
#ifdef HAVE_CUSPARSELT
  Cusparse& lt = cusparse();
  if (!lt.ready) {
    *why = "cusparseLt not found";
    return {"cusparseLt", nullptr};
  }
  const bool ints = type == PEER_S8_S32 || type == PEER_S8_S8;
  // bfloat16 to float where the library takes it, else to bfloat16 (fewer bytes to write).
  for (const bool narrow : {false, true}) {
    if (narrow ? ints : type == PEER_BF16_BF16) continue;
    const cudaDataType in = ints ? CUDA_R_8I : CUDA_R_16BF;
    const cudaDataType out = type == PEER_S8_S32  ? CUDA_R_32I
                             : type == PEER_S8_S8 ? CUDA_R_8I
                             : narrow             ? CUDA_R_16BF
                                                  : CUDA_R_32F;
    struct State {
      cusparseLtMatDescriptor_t w, a, c;
      cusparseLtMatmulDescriptor_t operation;
      cusparseLtMatmulAlgSelection_t selection;
      cusparseLtMatmulPlan_t plan;
      std::vector<void*> compressed;
      void* workspace = nullptr;
    };
    State* s = new State;  // lives as long as the runner: to the end of the process
    const unsigned align = 16;
    std::string step;
    auto ok = [&](cusparseStatus_t status, const char* what) {
      if (status != CUSPARSE_STATUS_SUCCESS && step.empty()) step = std::string(what) + " " + std::to_string(status);
      return status == CUSPARSE_STATUS_SUCCESS;
    };
    size_t workspace = 0, compressed = 0, buffer = 0;
    const float one = 1.0f, zero = 0.0f;
    bool good =
        ok(lt.cusparseLtStructuredDescriptorInit(&lt.handle, &s->w, k, n, k, align, in, CUSPARSE_ORDER_COL,
                                                 CUSPARSELT_SPARSITY_50_PERCENT),
           "structured") &&
        ok(lt.cusparseLtDenseDescriptorInit(&lt.handle, &s->a, k, m, k, align, in, CUSPARSE_ORDER_COL), "dense") &&
        ok(lt.cusparseLtDenseDescriptorInit(&lt.handle, &s->c, n, m, n, align, out, CUSPARSE_ORDER_COL), "result") &&
        ok(lt.cusparseLtMatmulDescriptorInit(&lt.handle, &s->operation, CUSPARSE_OPERATION_TRANSPOSE,
                                             CUSPARSE_OPERATION_NON_TRANSPOSE, &s->w, &s->a, &s->c, &s->c,
                                             ints ? CUSPARSE_COMPUTE_32I : CUSPARSE_COMPUTE_32F),
           "operation") &&
        ok(lt.cusparseLtMatmulAlgSelectionInit(&lt.handle, &s->selection, &s->operation, CUSPARSELT_MATMUL_ALG_DEFAULT),
           "selection") &&
        ok(lt.cusparseLtMatmulPlanInit(&lt.handle, &s->plan, &s->operation, &s->selection), "plan") &&
        ok(lt.cusparseLtSpMMACompressedSize(&lt.handle, &s->plan, &compressed, &buffer), "size");
    void* scratch = nullptr;
    if (good && buffer) CHECK_CUDA(cudaMalloc(&scratch, buffer));
    for (size_t i = 0; good && i < sets.size(); i++) {
      void* memory = nullptr;
      CHECK_CUDA(cudaMalloc(&memory, compressed));
      s->compressed.push_back(memory);
      good = ok(lt.cusparseLtSpMMACompress(&lt.handle, &s->plan, sets[i].w, memory, scratch, nullptr), "compress");
    }
    // The search tries the library's kernels on the first set and leaves the plan with the fastest.
    good = good && ok(lt.cusparseLtMatmulGetWorkspace(&lt.handle, &s->plan, &workspace), "workspace");
    if (good) CHECK_CUDA(cudaMalloc(&s->workspace, std::max(workspace, workspace_bytes)));
    good = good && ok(lt.cusparseLtMatmulSearch(&lt.handle, &s->plan, &one, s->compressed[0], sets[0].a, &zero,
                                                sets[0].c, sets[0].c, s->workspace, nullptr, 0),
                      "search");
    CHECK_CUDA(cudaDeviceSynchronize());
    if (!good) {
      *why += "cusparseLt: " + step + "; ";
      continue;
    }
    return {narrow ? "cusparseLt (bf16 out)" : "cusparseLt", [=, &lt](int set, cudaStream_t stream) {
              const size_t i = static_cast<size_t>(set) % sets.size();
              cudaStream_t streams[1] = {stream};
              const float onef = 1.0f, zerof = 0.0f;
              return lt.cusparseLtMatmul(&lt.handle, &s->plan, &onef, s->compressed[i], sets[i].a, &zerof, sets[i].c,
                                         sets[i].c, s->workspace, streams, 1) == CUSPARSE_STATUS_SUCCESS;
            }};
  }
  return {"cusparseLt", nullptr};
#else
  *why = "built without cusparseLt's header";
  return {"cusparseLt", nullptr};
#endif
}
