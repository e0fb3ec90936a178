// Checks and times gemm's CUDA kernels on the GPU at hand, beside cuBLASLt and cuSPARSELt. See README.md.
// SPDX-License-Identifier: Apache-2.0
//
//   gemm_bench [--out results.jsonl] [--only TEXT,...] all checks and timings, each in a process of its own
//   gemm_bench --run NAME --out results.jsonl          one of them
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <memory>

#include "bench_support.h"
#include "core/status.h"
#include "gemm_kernels.h"
#include "peers.h"

using namespace sinter;

namespace {

// ---- timings ----------------------------------------------------------------------------------------

// Random values on the device: int8, or bfloat16 between -2 and 2.
__global__ void fill_random(uint32_t* words, int64_t count, uint32_t seed, int kind) {
  for (int64_t i = blockIdx.x * int64_t{256} + threadIdx.x; i < count; i += gridDim.x * int64_t{256}) {
    uint32_t x = static_cast<uint32_t>(i) * 2654435761u ^ seed;
    x ^= x >> 16, x *= 0x7feb352d, x ^= x >> 15, x *= 0x846ca68b, x ^= x >> 16;
    // bfloat16: sign, exponent 0x3f or 0x3e.., mantissa from the bits.
    if (kind == 2) x = (x & 0x80ff80ff) | 0x3f003f00;
    words[i] = x;
  }
}
void fill(char* to, size_t bytes, uint32_t seed, int value_bytes) {
  fill_random<<<1024, 256>>>(reinterpret_cast<uint32_t*>(to), static_cast<int64_t>(bytes / 4), seed, value_bytes);
  CHECK_CUDA(cudaGetLastError());
}
// Strikes two of each four out: dense rows that hold 2:4, for the library that compresses itself.
template <class W>
__global__ void strike(W* w, int64_t groups) {
  for (int64_t g = blockIdx.x * int64_t{256} + threadIdx.x; g < groups; g += gridDim.x * int64_t{256}) {
    const int masks[6] = {3, 5, 9, 6, 10, 12};
    const int keep = masks[(static_cast<uint32_t>(g) * 2654435761u >> 16) % 6];
    for (int i = 0; i < 4; i++) {
      if (!(keep >> i & 1)) w[4 * g + i] = 0;
    }
  }
}

struct Set {
  std::unique_ptr<DeviceBytes> a, w, packed, c, other_c;
};

// Buffers for one product: A and dense W random, W packed by the packing itself (sparse) or laid out here (dense).
Set make_set(const Kernel& kernel, const GemmParams& p, uint32_t seed, bool peer) {
  Set s;
  const Types t = kernel.types;
  const size_t w_size = static_cast<size_t>(int64_t{p.n} * p.k * w_bytes(t));
  s.a.reset(new DeviceBytes(static_cast<size_t>(int64_t{p.m} * p.lda * a_bytes(t))));
  fill(s.a->data, s.a->bytes, seed, static_cast<int>(a_bytes(t)));
  s.w.reset(new DeviceBytes(w_size));
  fill(s.w->data, w_size, seed + 1, static_cast<int>(w_bytes(t)));
  s.c.reset(new DeviceBytes(static_cast<size_t>(int64_t{p.m} * p.n * out_bytes(t))));
  if (peer) s.other_c.reset(new DeviceBytes(s.c->bytes));
  std::vector<float> scale(static_cast<size_t>(p.n), 1e-3f / static_cast<float>(p.k) * 8);
  std::vector<float> zeros(static_cast<size_t>(p.n), 0.0f);
  if (kernel.sparse) {
    const int64_t groups = int64_t{p.n} * p.k / 4;
    if (w_bytes(t) == 2) {
      strike<<<1024, 256>>>(reinterpret_cast<uint16_t*>(s.w->data), groups);
    } else {
      strike<<<1024, 256>>>(s.w->data, groups);
    }
    CHECK_CUDA(cudaGetLastError());
    std::vector<char> w(w_size);
    CHECK_CUDA(cudaMemcpy(w.data(), s.w->data, w_size, cudaMemcpyDeviceToHost));
    const Source sources[GEMM_SOURCES] = {{w.data(), static_cast<int64_t>(w_size)},
                                          {nullptr, 0},
                                          {t == S8_S8 ? scale.data() : nullptr, t == S8_S8 ? 4 * int64_t{p.n} : 0}};
    std::vector<char> packed(static_cast<size_t>(kernel.packing->bytes(&p, sources)));
    if (kernel.packing->pack(&p, sources, packed.data(), static_cast<int64_t>(packed.size())) != SINTER_OK) {
      printf("  packing: %s\n", last_error());
      exit(4);
    }
    s.packed.reset(new DeviceBytes(packed));
  } else {
    const int64_t header = cuda_header_bytes(p.n);
    s.packed.reset(new DeviceBytes(static_cast<size_t>(cuda_rows_bytes(p.n, p.k, w_bytes(t)))));
    CHECK_CUDA(cudaMemset(s.packed->data, 0, static_cast<size_t>(header)));
    CHECK_CUDA(cudaMemcpy(s.packed->data + 4 * cuda_header_columns(p.n), scale.data(), scale.size() * 4,
                          cudaMemcpyHostToDevice));
    fill(s.packed->data + header, s.packed->bytes - static_cast<size_t>(header), seed + 1,
         static_cast<int>(w_bytes(t)));
    if (!peer) s.w.reset();
  }
  return s;
}

const Kernel& kernel_of(const char* name) {
  for (const Kernel& k : kernels()) {
    if (!strcmp(k.name, name)) return k;
  }
  abort();
}

Runner runner_of(const Kernel& kernel, const GemmParams& p, const std::vector<Set>& sets, int variant = 0) {
  const std::string form = variant ? " form " + std::to_string(variant) : "";
  return {std::string("sinter ") + kernel.name + form, [&kernel, &p, &sets, variant](int i, cudaStream_t stream) {
            const Set& s = sets[static_cast<size_t>(i) % sets.size()];
            const GemmTask task = {&p, s.a->data, s.packed->data, s.c->data, stream, variant};
            const cudaError_t error = kernel.launch(task);
            if (error != cudaSuccess) printf("  %s: %s\n", kernel.name, cudaGetErrorString(error));
            return error == cudaSuccess;
          }};
}

PeerType peer_of(Types t) {
  return t == S8_S32 ? PEER_S8_S32 : t == S8_S8 ? PEER_S8_S8 : t == BF16_BF16 ? PEER_BF16_BF16 : PEER_BF16_F32;
}

// One size of one kernel beside its peers. `sets`: buffers in rotation; `forms`: the kernel's other forms too.
void time_product(const char* name, int m, int n, int k, int set_count, int launches, int rounds, const char* note,
                  const char* also = nullptr, bool forms = false) {
  const Kernel& kernel = kernel_of(name);
  GemmParams p = {};
  p.m = m;
  p.n = p.ldc = n;
  p.k = k;
  p.lda = static_cast<int>(cuda_round_up(k, 16 / a_bytes(kernel.types)));
  p.out_min = -128;
  p.out_max = 127;
  p.act_min = -INFINITY;
  p.act_max = INFINITY;
  const bool peer = kernel.types != BF16S8_F32;
  std::vector<Set> sets, also_sets;
  for (int i = 0; i < set_count; i++) sets.push_back(make_set(kernel, p, 100 + 10 * static_cast<uint32_t>(i), peer));
  std::vector<PeerBuffers> buffers;
  if (peer) {
    for (const Set& s : sets) buffers.push_back({s.a->data, s.w->data, s.other_c->data});
  }
  std::vector<Runner> runners;
  runners.push_back(runner_of(kernel, p, sets));
  if (forms) {
    for (const int variant : kernel.variants) {
      if (variant) runners.push_back(runner_of(kernel, p, sets, variant));
    }
  }
  if (also) {
    for (int i = 0; i < set_count; i++) {
      also_sets.push_back(make_set(kernel_of(also), p, 500 + 10 * static_cast<uint32_t>(i), false));
    }
    runners.push_back(runner_of(kernel_of(also), p, also_sets));
  }
  std::string why;
  if (peer) {
    Runner lt = cublas_runner(peer_of(kernel.types), m, n, k, buffers, &why);
    if (lt.enqueue) runners.push_back(lt);
    if (kernel.sparse) {
      Runner sp = cusparse_runner(peer_of(kernel.types), m, n, k, buffers, &why);
      if (sp.enqueue) runners.push_back(sp);
    }
  }
  if (!why.empty()) printf("  %s: %s\n", name, why.c_str());
  const std::vector<double> times = time_runners(runners, launches, rounds);
  for (size_t r = 0; r < runners.size(); r++) {
    if (times[r] <= 0) continue;
    const double tera = 2.0 * m * n * k / times[r] * 1e-6;
    const double bytes = static_cast<double>(n) * k * w_bytes(kernel.types) +
                         static_cast<double>(m) * k * a_bytes(kernel.types) +
                         static_cast<double>(m) * n * out_bytes(kernel.types);
    char text[300];
    snprintf(text, sizeof text, "%-26s m %5d n %5d k %5d %-8s %9.2f us %8.1f T/s %8.1f GB/s", runners[r].name.c_str(),
             m, n, k, note, times[r], tera, bytes / times[r] * 1e-3);
    record(
        text,
        "{\"time\": \"%s\", \"case\": \"%s\", \"m\": %d, \"n\": %d, \"k\": %d, \"buffers\": \"%s\", \"microseconds\": "
        "%.3f, \"tera_operations\": %.1f, \"gigabytes\": %.1f}",
        runners[r].name.c_str(), name, m, n, k, note, times[r], tera, bytes / times[r] * 1e-3);
  }
}

__global__ void read_all(const uint4* data, int64_t count, uint32_t* never) {
  uint32_t sum = 0;
  for (int64_t i = blockIdx.x * int64_t{512} + threadIdx.x; i < count; i += gridDim.x * int64_t{512}) {
    const uint4 v = __ldcs(data + i);
    sum |= v.x ^ v.y ^ v.z ^ v.w;
  }
  if (sum == 0x12345678) *never = sum;
}

// The ceilings of memory: a copy (read and written bytes counted) and a plain read, of 1 GiB.
void time_memory() {
  const size_t bytes = size_t{1} << 30;
  DeviceBytes from(bytes), to(bytes);
  fill(from.data, bytes, 5, 1);
  const std::vector<Runner> runners = {
      {"copy",
       [&](int, cudaStream_t s) {
         return cudaMemcpyAsync(to.data, from.data, bytes, cudaMemcpyDeviceToDevice, s) == cudaSuccess;
       }},
      {"read", [&](int, cudaStream_t s) {
         read_all<<<132 * 4, 512, 0, s>>>(reinterpret_cast<const uint4*>(from.data), bytes / 16,
                                          reinterpret_cast<uint32_t*>(to.data));
         return cudaGetLastError() == cudaSuccess;
       }}};
  const std::vector<double> times = time_runners(runners, 4, 7);
  for (size_t r = 0; r < 2; r++) {
    const double gigabytes = bytes * (r == 0 ? 2.0 : 1.0) / times[r] * 1e-3;
    char text[200];
    snprintf(text, sizeof text, "memory %-5s %8.1f GB/s", runners[r].name.c_str(), gigabytes);
    record(text, "{\"memory\": \"%s\", \"gigabytes\": %.1f}", runners[r].name.c_str(), gigabytes);
  }
}

void describe() {
  cudaDeviceProp prop;
  CHECK_CUDA(cudaGetDeviceProperties(&prop, 0));
  int driver = 0, runtime = 0, clock = 0, memory_clock = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  cudaDeviceGetAttribute(&clock, cudaDevAttrClockRate, 0);
  cudaDeviceGetAttribute(&memory_clock, cudaDevAttrMemoryClockRate, 0);
  char text[600];
  snprintf(text, sizeof text,
           "%s, %d multiprocessors, most %d MHz, memory %d MHz, L2 %d MiB, driver %d, runtime %d, %s", prop.name,
           prop.multiProcessorCount, clock / 1000, memory_clock / 1000, prop.l2CacheSize >> 20, driver, runtime,
           peer_versions().c_str());
  record(text, "{\"device\": \"%s\"}", text);
  if (FILE* smi = popen("nvidia-smi --query-gpu=clocks.sm,clocks.mem,power.draw,temperature.gpu,driver_version "
                        "--format=csv,noheader 2>/dev/null",
                        "r")) {
    char line[200];
    while (fgets(line, sizeof line, smi)) printf("  nvidia-smi (idle): %s", line);
    pclose(smi);
  }
  fflush(stdout);
}

// ---- the list ---------------------------------------------------------------------------------------

struct Job {
  std::string name;
  std::function<int()> run;
  bool asked_for = false;  // runs only when named
};

std::vector<Job> jobs() {
  std::vector<Job> list;
  auto timing = [&](const char* name, std::function<void()> run) {
    list.push_back({std::string("time_") + name, [run] {
                      run();
                      return 0;
                    }});
  };
  list.push_back({"device", [] {
                    describe();
                    return 0;
                  }});
  for (const Kernel& kernel : kernels()) {
    list.push_back({std::string("check_") + kernel.name, [&kernel] { return check_kernel(kernel); }});
  }
  timing("memory", time_memory);
  timing("s8s32", [] {
    time_product("sm90a_s8s32", 4096, 4096, 4096, 2, 6, 15, "rotated");
    for (const int m : {64, 128, 256, 512}) time_product("sm90a_s8s32", m, 4096, 4096, 8, 16, 7, "rotated");
  });
  timing("s8s8", [] {
    time_product("sm90a_s8s8", 4096, 4096, 4096, 2, 6, 15, "rotated");
    time_product("sm90a_s8s8", 1024, 4096, 4096, 4, 12, 7, "rotated");
  });
  timing("bf16", [] {
    time_product("sm90a_bf16", 4096, 4096, 4096, 2, 6, 15, "rotated");
    time_product("sm90a_bf16", 8192, 8192, 8192, 1, 2, 5, "one");
    for (const int m : {64, 128, 256, 512}) time_product("sm90a_bf16", m, 4096, 4096, 6, 12, 7, "rotated");
  });
  // Of MobileNetV2, whose products are small: what launching costs.
  timing("small", [] {
    const int shapes[][3] = {{12544, 96, 16}, {3136, 24, 96}, {784, 192, 32}, {196, 96, 384}, {49, 320, 960}};
    for (const auto& s : shapes) {
      time_product("sm90a_s8s8", s[0], s[1], s[2], 4, 24, 5, "in L2", "sm80_s8s8");
    }
    for (const int m : {64, 256}) {
      time_product("sm90a_s8s8", m, 1024, 1024, 4, 24, 5, "in L2", "sm80_s8s8");
      time_product("sm90a_bf16", m, 1024, 1024, 4, 24, 5, "in L2", "sm80_bf16");
    }
  });
  timing("2of4_s8", [] {
    time_product("2of4_s8s32", 4096, 4096, 4096, 2, 6, 45, "rotated", "sm90a_s8s32");
    time_product("2of4_s8s8", 4096, 4096, 4096, 2, 6, 45, "rotated", "sm90a_s8s8");
  });
  timing("bf16_to_bf16", [] {
    time_product("sm90a_bf16_bf16", 4096, 4096, 4096, 2, 6, 15, "rotated");
    time_product("sm90a_bf16_bf16", 1024, 4096, 4096, 4, 12, 7, "rotated");
  });
  timing("2of4_bf16", [] { time_product("2of4_bf16", 4096, 4096, 4096, 2, 6, 45, "rotated", "sm90a_bf16"); });
  timing("2of4_bf16_to_bf16",
         [] { time_product("2of4_bf16_bf16", 4096, 4096, 4096, 2, 6, 45, "rotated", "sm90a_bf16_bf16"); });
  for (const int m : {1, 8, 16, 32}) {
    list.push_back({"time_few_" + std::to_string(m), [m] {
                      for (const int sets : {12, 1}) {
                        const char* note = sets == 1 ? "in L2" : "rotated";
                        time_product("skinny_s8s32", m, 4096, 4096, sets, 24, 9, note);
                        time_product("skinny_bf16", m, 4096, 4096, sets, 24, 9, note);
                      }
                      return 0;
                    }});
  }
  timing("bf16s8", [] {
    for (const int m : {1, 8, 16}) time_product("skinny_bf16s8", m, 16384, 16384, 2, 4, 9, "rotated");
    for (const int m : {1, 8, 64}) time_product("skinny_bf16s8", m, 4096, 4096, 12, 24, 9, "rotated");
    for (const int m : {128, 512, 4096}) time_product("sm90a_bf16s8", m, 4096, 4096, 4, 4, 5, "rotated");
  });
  for (const char* name : {"sm90a_s8s32", "sm90a_s8s8", "sm90a_bf16", "2of4_s8s32", "2of4_s8s8", "2of4_bf16",
                           "2of4_bf16_bf16", "sm90a_bf16_bf16"}) {
    for (const int m : {1024, 4096}) {
      list.push_back({std::string("forms_") + name + "_" + std::to_string(m),
                      [name, m] {
                        time_product(name, m, 4096, 4096, 2, 6, 15, "rotated", nullptr, true);
                        return 0;
                      },
                      true});
    }
  }
  return list;
}

int run_job(const std::string& name) {
  for (const Job& job : jobs()) {
    if (job.name == name) return job.run();
  }
  printf("no %s\n", name.c_str());
  return 2;
}

// A child of its own for each: an error on the GPU ends all that its process does there.
int supervise(const char* self, const std::string& name, int seconds) {
  const pid_t child = fork();
  if (child == 0) {
    execl(self, self, "--run", name.c_str(), "--out", results_path().c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  for (int tenths = 0;; tenths++) {
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child) {
      if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
      printf("%s ended with %s %d\n", name.c_str(), WIFEXITED(status) ? "status" : "signal",
             WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
      record(nullptr, "{\"failed\": \"%s\"}", name.c_str());
      return 1;
    }
    if (tenths == seconds * 10) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      printf("%s took more than %d s\n", name.c_str(), seconds);
      record(nullptr, "{\"failed\": \"%s\", \"timeout\": %d}", name.c_str(), seconds);
      return 1;
    }
    usleep(100000);
  }
}

}  // namespace

int main(int count, char** arguments) {
  std::string run, only;
  results_path() = "gemm_bench.jsonl";
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string key = arguments[i];
    if (key == "--out") {
      results_path() = arguments[i + 1];
    } else if (key == "--run") {
      run = arguments[i + 1];
    } else if (key == "--only") {
      only = arguments[i + 1];
    } else {
      fprintf(stderr, "usage: gemm_bench [--out FILE] [--only TEXT,...]\n");
      return 2;
    }
  }
  if (!run.empty()) return run_job(run);
  char self[PATH_MAX] = {};
  if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) return 2;
  int failed = 0;
  const time_t start = time(nullptr);
  for (const Job& job : jobs()) {
    bool wanted = only.empty() && !job.asked_for;
    for (size_t at = 0; at < only.size();) {  // any of the texts between commas
      const size_t end = std::min(only.find(',', at), only.size());
      wanted = wanted || (end > at && job.name.find(only.substr(at, end - at)) != std::string::npos);
      at = end + 1;
    }
    if (wanted) failed += supervise(self, job.name, 20);
  }
  printf("%d failed, %ld s\n", failed, static_cast<long>(time(nullptr) - start));
  return failed ? 1 : 0;
}
