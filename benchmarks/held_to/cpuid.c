// Shows a process fewer instruction sets than the machine has, so that two programs can be compared on a smaller
// machine: loaded with LD_PRELOAD, it makes the CPUID instruction fault (Linux arch_prctl ARCH_SET_CPUID, x86-64 CPUs
// with CPUID faulting) and answers it with features taken out. SINTER_HELD_TO names what stays: avx2 (neither AVX-512
// nor AVX-VNNI nor AMX), avx_vnni (neither AVX-512 nor AMX) or avx512 (no AMX).
// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <cpuid.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { kSetCpuid = 0x1012 };  // ARCH_SET_CPUID
enum Level { kAvx2, kAvxVnni, kAvx512 };

typedef int (*Sigaction)(int, const struct sigaction*, struct sigaction*);

static enum Level level;
static Sigaction next_sigaction;
static struct sigaction others;  // the program's own handler of SIGSEGV

static void Mask(unsigned leaf, unsigned subleaf, unsigned* eax, unsigned* ebx, unsigned* ecx, unsigned* edx) {
  // Bits by Intel's manual, volume 2, CPUID, leaf 7.
  const unsigned avx512_ebx = 1u << 16 | 1u << 17 | 1u << 21 | 1u << 26 | 1u << 27 | 1u << 28 | 1u << 30 | 1u << 31;
  const unsigned avx512_ecx = 1u << 1 | 1u << 6 | 1u << 11 | 1u << 12 | 1u << 14;
  const unsigned avx512_edx = 1u << 2 | 1u << 3 | 1u << 8 | 1u << 23;
  const unsigned amx_edx = 1u << 22 | 1u << 24 | 1u << 25;
  if (leaf == 7 && subleaf == 0) {
    *edx &= ~amx_edx;
    if (level < kAvx512) {
      *ebx &= ~avx512_ebx;
      *ecx &= ~avx512_ecx;
      *edx &= ~avx512_edx;
    }
  } else if (leaf == 7 && subleaf == 1) {
    *eax &= ~(1u << 21);                                            // AMX-FP16
    if (level < kAvx512) *eax &= ~(1u << 5 | 1u << 23);             // AVX512_BF16, AVX-IFMA
    if (level < kAvxVnni) *eax &= ~(1u << 4);                       // AVX-VNNI
    *edx &= ~(1u << 8);                                             // AMX-COMPLEX
    if (level < kAvxVnni) *edx &= ~(1u << 4 | 1u << 5 | 1u << 10);  // AVX-VNNI-INT8, AVX-NE-CONVERT, AVX-VNNI-INT16
    if (level < kAvx512) *edx &= ~(1u << 19);                       // AVX10
  } else if (leaf == 0x1d || leaf == 0x1e || (leaf == 0x24 && level < kAvx512)) {
    *eax = *ebx = *ecx = *edx = 0;
  }
}

static void Handle(int signal, siginfo_t* info, void* context) {
  greg_t* r = ((ucontext_t*)context)->uc_mcontext.gregs;
  const unsigned char* at = (const unsigned char*)r[REG_RIP];
  if (info->si_code == SI_KERNEL && at[0] == 0x0f && at[1] == 0xa2) {  // CPUID
    unsigned a, b, c, d, leaf = (unsigned)r[REG_RAX], subleaf = (unsigned)r[REG_RCX];
    syscall(SYS_arch_prctl, kSetCpuid, 1);
    __cpuid_count(leaf, subleaf, a, b, c, d);
    syscall(SYS_arch_prctl, kSetCpuid, 0);
    Mask(leaf, subleaf, &a, &b, &c, &d);
    r[REG_RAX] = a;
    r[REG_RBX] = b;
    r[REG_RCX] = c;
    r[REG_RDX] = d;
    r[REG_RIP] += 2;
    return;
  }
  if (others.sa_flags & SA_SIGINFO) {
    others.sa_sigaction(signal, info, context);
  } else if (others.sa_handler == SIG_DFL || others.sa_handler == SIG_IGN) {
    next_sigaction(SIGSEGV, &others, NULL);  // happens again, and ends the process
  } else {
    others.sa_handler(signal);
  }
}

// The program's handler is kept beside ours: a JVM needs its own for other faults.
int sigaction(int signal, const struct sigaction* action, struct sigaction* old) {
  if (next_sigaction == NULL) next_sigaction = (Sigaction)dlsym(RTLD_NEXT, "sigaction");
  if (signal != SIGSEGV) return next_sigaction(signal, action, old);
  struct sigaction before = others;
  if (action != NULL) others = *action;
  if (old != NULL) *old = before;
  return 0;
}

// Compilers set theirs so: what a held command builds first is built under this, too.
typedef void (*Handler)(int);
Handler signal(int number, Handler handler) {
  struct sigaction action, old;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  return sigaction(number, &action, &old) == 0 ? old.sa_handler : SIG_ERR;
}

__attribute__((constructor)) static void Begin(void) {
  const char* held = getenv("SINTER_HELD_TO");
  if (held == NULL) return;
  if (strcmp(held, "avx2") == 0) {
    level = kAvx2;
  } else if (strcmp(held, "avx_vnni") == 0) {
    level = kAvxVnni;
  } else if (strcmp(held, "avx512") == 0) {
    level = kAvx512;
  } else {
    fprintf(stderr, "SINTER_HELD_TO=%s is none of avx2, avx_vnni, avx512\n", held);
    exit(2);
  }
  next_sigaction = (Sigaction)dlsym(RTLD_NEXT, "sigaction");
  struct sigaction ours;
  memset(&ours, 0, sizeof ours);
  ours.sa_sigaction = Handle;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  next_sigaction(SIGSEGV, &ours, &others);
  if (syscall(SYS_arch_prctl, kSetCpuid, 0) != 0) {
    fprintf(stderr, "this machine cannot make CPUID fault; instruction sets cannot be hidden\n");
    exit(2);
  }
}
